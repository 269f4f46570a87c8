"""Files are waited for whatever their numbers are."""

import fcntl
import os
import resource

from emulator.wire.readiness import readable


def test_a_file_with_a_high_number_is_waited_for():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(2048, hard)), hard))
    reading, writing = os.pipe()
    high = fcntl.fcntl(reading, fcntl.F_DUPFD, 1500)
    try:
        assert high >= 1500
        assert readable([high], 0) == []
        os.write(writing, b"x")
        assert readable([high, writing], 5) == [high]
        os.close(writing)
        os.read(high, 1)
        assert readable([high], 5) == [high], "its end counts, too"
    finally:
        for file in (reading, high):
            os.close(file)
