"""Return an endpoint to the default before, once a trial of it has completed."""

from functools import partial

from scripts.lib.errors import BadConfiguration, Conflict
from scripts.lib.line.default_history import (
    ROLLED_BACK,
    DefaultChange,
    former_defaults,
    last_change,
    record,
)
from scripts.lib.line.delivery import deliver
from scripts.lib.line.promotion import Promotion, make_default, timestamp
from scripts.lib.repository.files import INPUTS_FILE, endpoint_folder, git_commit
from scripts.lib.telling import results
from scripts.lib.workspace import invocation, jobs
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import Endpoint, read_endpoint
from scripts.lib.workspace.locks import endpoint_lock
from scripts.lib.workspace.release_store import ReleaseStore


def roll_back(connection: Connection, endpoint: str, to: str | None = None) -> Promotion:
    """Return to ``to``, or to the default before this one, once an invocation of it has completed.

    It is a goal, not a step: where the last change of the default was a roll-back, its goal is reached already, so
    that repeating it, also after it was killed, does not bring back the default that was left.

    Raises:
        BadConfiguration: no previous default is recorded, or ``to`` was never the default.
        NotFound: that deployment is gone.
        JobFailed: its invocation did not complete.
        Conflict: the default changed meanwhile, or the write had no effect.
    """
    promotion = _roll_back(connection, endpoint, to)
    deliver(connection, endpoint)
    return promotion


def _roll_back(connection: Connection, endpoint: str, to: str | None) -> Promotion:
    client = connection.client
    state = read_endpoint(client, endpoint)
    store = ReleaseStore(connection, endpoint)
    goal = state.deployment(_goal(store, state, to)).name
    if state.default != goal:
        results.tell(f"Rolling {endpoint} back from {state.default or 'no default'} to {goal}.")
        inputs = invocation.file_inputs(endpoint_folder(endpoint) / INPUTS_FILE, state.data_type(goal), endpoint)
        start = partial(invocation.invoke_or_join, client, endpoint, goal, inputs)
        jobs.run(client, f"trial of {goal}", start)
    with endpoint_lock(store):
        now = read_endpoint(client, endpoint)
        if now.default == goal:
            record(store, now)
            return Promotion(endpoint, goal, now.previous, changed=False)
        if now.default != state.default:
            raise Conflict(
                f"The default of {endpoint} became {now.default} while {goal} was tested; look before rolling back."
            )
        now.deployment(goal)
        change = DefaultChange(ROLLED_BACK, goal, timestamp(), now.default, git_commit())
        return make_default(connection, store, now, change)


def _goal(store: ReleaseStore, state: Endpoint, to: str | None) -> str:
    """Return the deployment to roll back to."""
    former = former_defaults(store, state)
    others = [name for name in former if name != state.default and name in {one.name for one in state.deployments}]
    choice = f"those that were the default and are still there: {', '.join(others) or 'none'}"
    if to:
        if to not in (*former, state.default):
            state.deployment(to)
            raise BadConfiguration(f"{to} was never the default of {state.name}; {choice}.")
        return to
    last = last_change(state)
    if last and last["default"] == state.default and last["action"] == ROLLED_BACK:
        results.tell(
            f"{state.default} is what {state.name} was rolled back to at {last['at']}, from {state.previous}. A second "
            f"roll-back does not return there. To go elsewhere, name it with --to; {choice}."
        )
        return str(state.default)
    if last and last["default"] != state.default:
        raise BadConfiguration(
            f"The default of {state.name} is {state.default or 'none'}, but the last recorded change made it "
            f"{last['default']}: somebody changed it by other means. Say with --to where to go; {choice}."
        )
    if not state.previous:
        raise BadConfiguration(
            f"Endpoint {state.name} records no previous default, so there is nothing to roll back to."
        )
    return state.previous
