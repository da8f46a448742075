"""[open311] of the channels' configuration: who may file, what clients are told, what they see."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gateway.schema import Key, Label, SecretRef, Strict
from gateway.tickets.config import Code

DataType = Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
AttributeCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$", description="letters, digits, _ and -")]
GivenField = Literal["kind", "is_secret", "is_anonymous", "need_callback", "asset_id", "against", "against_number"]


class ClientConfig(Strict):
    """[[open311.client]]: an application that may file, known by its key. ``name`` stands on its tickets."""

    name: Key
    key: SecretRef


class ChoiceConfig(Strict):
    """One value of a list attribute."""

    key: Annotated[str, Field(min_length=1, max_length=60)]
    name: Label


class AttributeConfig(Strict):
    """[[open311.attribute]]: something that a service asks for besides place and description.

    ``services`` are the categories that ask it (empty: all). ``field`` is the ticket's field that the answer goes
    into (empty: it is kept among the other answers). ``variable`` false only tells the citizen something.
    """

    code: AttributeCode
    services: tuple[Code, ...] = ()
    datatype: DataType = "string"
    required: bool = False
    variable: bool = True
    description: Annotated[str, Field(min_length=1, max_length=500)]
    datatype_description: Annotated[str, Field(max_length=200)] = ""
    values: tuple[ChoiceConfig, ...] = ()
    field: GivenField | Literal[""] = ""

    @model_validator(mode="after")
    def _values_fit(self) -> AttributeConfig:
        is_list = self.datatype in ("singlevaluelist", "multivaluelist")
        if is_list != bool(self.values):
            raise ValueError("a list needs values, and only a list has them")
        if self.required and not self.variable:
            raise ValueError("what asks nothing (variable = false) cannot be required")
        return self


class Open311Config(Strict):
    """[open311].

    ``account`` names this endpoint on its tickets. ``jurisdiction_id`` is what clients may send (empty: whatever they
    send is taken, because one jurisdiction is served). ``need_key`` false lets applications file without a key.
    ``repeat_s``: the same request of the same person within so many seconds is the first one again. ``show``: masked
    shows every request that is not secret with the numbers in its texts masked; public shows texts and places only of
    tickets that were made public. ``url`` is the address that clients use, empty to take it from the request.
    ``changeset`` is told to clients as the last change of the services, sortable (empty: the taxonomy's version).
    """

    enabled: bool = False
    account: Key = "open311"
    jurisdiction_id: Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9.-]*$")] = ""
    need_key: bool = True
    client: tuple[ClientConfig, ...] = ()
    attribute: tuple[AttributeConfig, ...] = ()
    repeat_s: int = Field(default=86_400, ge=0, le=2_592_000)
    show: Literal["masked", "public"] = "masked"
    page_size: int = Field(default=1000, ge=1, le=1000)
    url: Annotated[str, Field(pattern=r"^(https?://[!-~]+)?$", max_length=300)] = ""
    stage: Literal["production", "test"] = "production"
    contact: Annotated[str, Field(max_length=300)] = "12345"
    key_service: Annotated[str, Field(max_length=300)] = "请向热线管理员申请密钥 / ask the hotline for a key"
    changeset: Annotated[str, Field(max_length=40)] = ""
    max_body: int = Field(default=12_582_912, ge=65_536, le=104_857_600, description="bytes of a request with files")
    max_files: int = Field(default=5, ge=0, le=20)

    @model_validator(mode="after")
    def _once(self) -> Open311Config:
        for what, names in (
            ("client", [client.name for client in self.client]),
            ("attribute", [attribute.code for attribute in self.attribute]),
        ):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f'the {what} "{twice[0]}" is given twice')
        return self
