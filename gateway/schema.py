"""The field types that configuration models of all packages share: strict tables, keys, numbers to dial, labels."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

REFERENCE = "a secret stands elsewhere"
"""Marks a field type whose value says where a secret is; gateway.settings finds such fields by it."""

SecretRef = Annotated[
    str,
    REFERENCE,
    Field(
        pattern=r"^(env|file|made):[!-~]{1,200}$",
        description="where a secret is: env:NAME, file:/path, or made:name for one that the gateway makes itself",
    ),
]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$", description="lower-case letters, digits, _ and -")]
Dialable = Annotated[str, Field(pattern=r"^[0-9*#+]{2,20}$", description="digits as dialled, 2 to 20")]
Label = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Strict(BaseModel):
    """A configuration table: unknown keys are errors, so that a misspelt key is found at start."""

    model_config = ConfigDict(extra="forbid", frozen=True)
