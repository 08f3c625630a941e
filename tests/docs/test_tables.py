"""The tables of the READMEs: they are those of the HCL, and say what it says."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tools import tables
from tools.environments import ROOT
from tools.tables import Call, Input, Module, Output, Requirement, Resource
from tools.terraform import copy_module

NOTHING = Module((), (), (), (), ())
PLAIN = Input("size", "Its size.", "number", "1")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the module with fresh tables."""
    copy_module(tmp_path)
    shutil.copy(ROOT / "README.md", tmp_path)
    tables.main([], root=tmp_path)
    return tmp_path


def read(folder: Path, hcl: str) -> Module:
    (folder / "main.tf").write_text(hcl)
    return tables.read(folder)


def cells(module: Module) -> list[str]:
    """The cells of the last row."""
    return tables.render(module).splitlines()[-1].removeprefix("| ").removesuffix(" |").split(" | ")


def cells_of(one: Input) -> list[str]:
    """The cells of an input after its name: its description, its type, its default, and whether it is required."""
    row = tables.render(replace(NOTHING, inputs=(one,))).splitlines()[4]
    return row.removeprefix("| ").removesuffix(" |").split(" | ")[1:]


def test_the_tables_are_those_of_the_hcl() -> None:
    found = [str(readme.relative_to(ROOT)) for readme in tables.stale()]

    assert not found, f"stale tables in {', '.join(found)}: run `{tables.REFRESH}`"


def test_all_modules_have_tables(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for variables in copy.glob("**/variables.tf"):
        variables.write_text(variables.read_text() + '\nvariable "zone" {}\n')

    assert tables.main(["--check"], root=copy) == 1
    said = capsys.readouterr().err
    for name in ("README.md", "modules/lambda-account/README.md", "modules/s3-account/README.md"):
        assert f"{name}: its tables are not those of the HCL\n" in said


def test_a_changed_description_is_noticed_and_written(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tables.main(["--check"], root=copy) == 0
    variables = copy / "modules" / "s3-account" / "variables.tf"
    variables.write_text(variables.read_text().replace('description = "', 'description = "Changed: ', 1))
    readme = copy / "modules" / "s3-account" / "README.md"
    before = readme.read_text()

    assert tables.main(["--check"], root=copy) == 1
    assert readme.read_text() == before
    assert capsys.readouterr().err == (
        "modules/s3-account/README.md: its tables are not those of the HCL\nRun `make tables`.\n"
    )

    assert tables.main([], root=copy) == 0
    assert readme.read_text() != before
    assert readme.read_text().replace("Changed: ", "") == before
    assert tables.main(["--check"], root=copy) == 0


@pytest.mark.parametrize("missing", [tables.BEGIN, tables.END])
def test_a_readme_without_a_marker_is_refused(copy: Path, missing: str, capsys: pytest.CaptureFixture[str]) -> None:
    readme = copy / "README.md"
    text = readme.read_text().replace(missing, "")
    readme.write_text(text)

    assert tables.main([], root=copy) == 2
    assert f"must have the lines {tables.BEGIN} and {tables.END}" in capsys.readouterr().err
    assert readme.read_text() == text


def test_what_the_hcl_declares_is_read_in_the_order_of_the_tables(tmp_path: Path) -> None:
    module = read(
        tmp_path,
        """
        terraform {
          required_version = ">= 1.5.7"
          required_providers {
            acme = {
              source                = "example/acme"
              version               = "~> 2.0"
              configuration_aliases = [acme.other]
            }
          }
        }
        data "aws_region" "here" {}
        resource "aws_sqs_queue" "this" {}
        resource "acme_thing" "this" {}
        module "near" { source = "./near" }
        module "far" {
          source  = "example/far/aws"
          version = "1.2.3"
        }
        variable "b" { type = string }
        variable "a" {
          description = "Says \\"a\\"."
          default     = null
        }
        output "o" {
          description = "What it is."
          value       = [for one in var.b : one]
        }
        """,
    )

    assert module == Module(
        requirements=(Requirement("terraform", ">= 1.5.7"), Requirement("acme", "~> 2.0", "example/acme")),
        calls=(Call("far", "example/far/aws", "1.2.3"), Call("near", "./near", None)),
        resources=(
            Resource("resource", "acme_thing", "this", "example/acme"),
            Resource("resource", "aws_sqs_queue", "this", "hashicorp/aws"),
            Resource("data source", "aws_region", "here", "hashicorp/aws"),
        ),
        inputs=(Input("a", 'Says "a".', "any", "null"), Input("b", "", "string", None)),
        outputs=(Output("o", "What it is."),),
    )


def test_a_type_keeps_the_words_and_lines_of_its_source(tmp_path: Path) -> None:
    written = """\
map(object({
  name = string # said once
  rules = optional(map(object({
    "any of" = list(string)
  })), {})
}))"""

    module = read(tmp_path, f'variable "a" {{\n  type = {written.replace(chr(10), chr(10) + "  ")}\n}}\n')

    assert module.inputs[0].type == written


def test_the_lines_of_a_heredoc_lose_its_indent(tmp_path: Path) -> None:
    module = read(tmp_path, 'variable "a" {\n  description = <<-EOT\n    One.\n    - `two`\n  EOT\n}\n')

    assert module.inputs[0].description == "One.\n- `two`"


@pytest.mark.parametrize(
    ("body", "default", "required"),
    [
        ("", "n/a", "yes"),
        ("nullable = false", "n/a", "yes"),
        ("nullable = true", "n/a", "yes"),
        ("default = null", "`null`", "no"),
        ("default = {}\n nullable = false", "`{}`", "no"),
        ("default = false", "`false`", "no"),
        ("default = 0", "`0`", "no"),
        ('default = ""', '`""`', "no"),
        ('default = [""]', '`[""]`', "no"),
    ],
)
def test_only_what_has_no_default_is_required(tmp_path: Path, body: str, default: str, required: str) -> None:
    assert cells(read(tmp_path, f'variable "a" {{\n {body}\n}}\n'))[-2:] == [default, required]


def test_an_input_can_be_linked_to() -> None:
    row = cells(replace(NOTHING, inputs=(Input("key_prefixes", "", "string", None),)))

    assert row[0] == '<a name="input_key_prefixes"></a> [key_prefixes](#input_key_prefixes)'


def test_a_pipe_does_not_end_a_cell() -> None:
    described = cells_of(replace(PLAIN, description="`a|b` or c|d", type="string", default='"x|y"'))

    assert described == [r"`a\|b` or c\|d", "`string`", r'`"x\|y"`', "no"]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("One line.", "One line."),
        ("One sentence\non two lines.", "One sentence on two lines."),
        ("One.\n\nTwo.\n", "One."),
        ("One. Two.", "One."),
        ("Version 5.100 of it. Two.", "Version 5.100 of it."),
        ("Where it goes:\n- `a`: one\n- `b`: two", "Where it goes."),
        ("No full stop", "No full stop"),
        ("", ""),
    ],
)
def test_the_table_has_the_first_sentence_of_a_description(text: str, cell: str) -> None:
    assert cells_of(replace(PLAIN, description=text))[0] == cell


@pytest.mark.parametrize(
    ("written", "outline"),
    [
        ("string", "`string`"),
        ("object({\n  a = optional(string)\n})", "`object({...})`"),
        ("map(object({\n  a = object({\n    b = string\n  })\n}))", "`map(object({...}))`"),
    ],
)
def test_the_table_has_the_outline_of_a_type(written: str, outline: str) -> None:
    assert cells_of(replace(PLAIN, type=written))[1] == outline


def test_what_the_table_leaves_out_stands_below_it() -> None:
    written = "object({\n  a = optional(string)\n  b = number\n})"
    one = replace(PLAIN, description="Its size.\n- `a`: one\n- `b`: two", type=written)

    rendered = tables.render(replace(NOTHING, inputs=(one, replace(PLAIN, name="plain"))))

    assert rendered.endswith(
        f"## Input attributes\n\n### `size`\n\nIts size.\n\n- `a`: one\n- `b`: two\n\n```text\n{written}\n```"
    )


def test_required_inputs_come_first() -> None:
    inputs = (PLAIN, replace(PLAIN, name="zone", default=None), replace(PLAIN, name="area"))

    rows = tables.render(replace(NOTHING, inputs=inputs)).splitlines()[4:]

    assert [row.partition("[")[2].partition("]")[0] for row in rows] == ["zone", "area", "size"]


@pytest.mark.parametrize("readme", ["README.md", "modules/lambda-account/README.md", "modules/s3-account/README.md"])
def test_the_inputs_fit_a_column_of_916_px(readme: str) -> None:
    """The description is what wraps: all other cells leave it 400 px, at 9 px a letter."""
    lines = (ROOT / readme).read_text().splitlines()
    rows = [line.split(" | ") for line in lines if line.startswith('| <a name="input_')]

    assert rows
    names = max(len(row[0].partition("[")[2].partition("]")[0]) for row in rows)
    assert (names + sum(max(len(row[at]) for row in rows) for at in (2, 3, 4))) * 9 <= 916 - 400


@pytest.mark.parametrize(
    ("resource", "row"),
    [
        (
            Resource("resource", "aws_iam_role", "this", "hashicorp/aws"),
            "[aws_iam_role.this](https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role)",
        ),
        (
            Resource("data source", "aws_region", "here", "hashicorp/aws"),
            "[aws_region.here](https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/region)",
        ),
        (
            Resource("resource", "terraform_data", "this", "hashicorp/terraform"),
            "[terraform_data.this](https://developer.hashicorp.com/terraform/language/resources/terraform-data)",
        ),
    ],
)
def test_a_resource_links_to_its_page(resource: Resource, row: str) -> None:
    assert cells(replace(NOTHING, resources=(resource,))) == [row, resource.kind]


def test_a_module_of_the_repository_is_linked_and_another_is_named() -> None:
    assert cells(replace(NOTHING, calls=(Call("near", "./near", None),)))[1:] == ["[./near](./near)", "n/a"]
    assert cells(replace(NOTHING, calls=(Call("far", "a/b/c", "1.0"),)))[1:] == ["`a/b/c`", "`1.0`"]


def test_an_empty_section_is_left_out() -> None:
    assert tables.render(NOTHING) == ""
    assert tables.render(replace(NOTHING, outputs=(Output("o", "What it is."),))).startswith("## Outputs\n")
