"""The columns of the heart-disease data, named once: what each holds and how it is encoded."""

NUMERIC = ("age", "sex", "trestbps", "chol", "fbs", "thalach", "exang", "oldpeak", "ca")
CATEGORICAL = ("cp", "restecg", "slope", "thal")
FEATURES = NUMERIC + CATEGORICAL
TARGET = "target"
SLICES = ("age", "sex")
ENCODINGS = ("ordinal", "onehot")
