"""The fields of the SDK's own schemas, read by program."""

from pathlib import Path

import marshmallow
from azure.ai.ml._schema._deployment.batch.pipeline_component_batch_deployment_schema import (
    PipelineComponentBatchDeploymentSchema,
)
from azure.ai.ml._schema._endpoint.batch.batch_endpoint import BatchEndpointSchema
from azure.ai.ml._schema.assets.data import DataSchema
from azure.ai.ml._schema.assets.environment import EnvironmentSchema
from azure.ai.ml._schema.component.command_component import CommandComponentSchema
from azure.ai.ml._schema.core.fields import UnionField
from azure.ai.ml._schema.job.command_job import CommandJobSchema
from azure.ai.ml._schema.pipeline.component_job import CommandSchema
from azure.ai.ml._schema.pipeline.pipeline_component import PipelineComponentSchema, PipelineSchema
from azure.ai.ml._schema.pipeline.pipeline_job import PipelineJobSchema
from azure.ai.ml.constants._component import ControlFlowType, NodeType

_WHOLE = {
    "command job": CommandJobSchema,
    "pipeline job": PipelineJobSchema,
    "command step": CommandSchema,
    "pipeline step": PipelineSchema,
    "command component": CommandComponentSchema,
    "pipeline component": PipelineComponentSchema,
    "deployment of a pipeline component": PipelineComponentBatchDeploymentSchema,
    "batch endpoint": BatchEndpointSchema,
    "data": DataSchema,
    "environment": EnvironmentSchema,
}
# Parts of a schema, by the schema, the field, and the name of the class that describes the part.
_PARTS = {
    "settings of a pipeline job": ("pipeline job", "settings", "PipelineJobSettingsSchema"),
    "limits of a step": ("command step", "limits", "CommandJobLimitsSchema"),
    "resources of a step": ("command step", "resources", "JobResourceConfigurationSchema"),
    "data input": ("command job", "inputs", "DataInputSchema"),
    "model input": ("command job", "inputs", "ModelInputSchema"),
    "table input": ("command job", "inputs", "MLTableInputSchema"),
    "output": ("command job", "outputs", "OutputSchema"),
    "literal input of a component": ("command component", "inputs", "ParameterSchema"),
    "data input of a component": ("command component", "inputs", "InputPortSchema"),
    "output of a component": ("command component", "outputs", "OutputPortSchema"),
}


def sdk_fields() -> dict[str, set[str]]:
    """The fields of each schema and part of one that the table covers."""
    made = {name: schema(context={"base_path": Path()}) for name, schema in _WHOLE.items()}
    found = {name: set(schema.fields) for name, schema in made.items()}
    for name, (whole, field, part) in _PARTS.items():
        schemas = {type(one).__name__: one for one in _schemas(made[whole].fields[field])}
        found[name] = set(schemas[part].fields)
    return found


def _schemas(field: marshmallow.fields.Field) -> list[marshmallow.Schema]:
    if isinstance(field, UnionField):
        return [schema for one in field.union_fields for schema in _schemas(one)]
    if isinstance(field, marshmallow.fields.Nested):
        return [field.schema]
    if isinstance(field, marshmallow.fields.Dict) and field.value_field:
        return _schemas(field.value_field)
    return []


def kinds_of_steps() -> set[str]:
    """Every kind of step that the SDK knows."""
    names = [value for kind in (NodeType, ControlFlowType) for key, value in vars(kind).items() if key.isupper()]
    return {name for name in names if isinstance(name, str)}
