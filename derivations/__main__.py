"""``python -m derivations [--check] [ROW …]``: make the gallery, or say what would change."""

from __future__ import annotations

import sys

import click

from derivations.compare import differences
from derivations.generate import files_of, index_page
from derivations.rows import FOLDER, load_rows


@click.command()
@click.option("--check", "only_compare", is_flag=True, help="Write nothing; status 1 if stale.")
@click.argument("rows", nargs=-1)
def gallery(rows: tuple[str, ...], *, only_compare: bool) -> None:
    """Make the files of ROWS, or of all rows, from their sources."""
    known = load_rows()
    unknown = sorted(set(rows) - {row.id for row in known})
    if unknown:
        raise click.BadParameter(f"no row {', '.join(unknown)}", param_hint="ROWS")
    stale: list[str] = []
    for row in known:
        if rows and row.id not in rows:
            continue
        files = files_of(row)
        changed = differences(files, row)
        click.echo(f"{row.id}: {len(files)} files, {len(changed) or 'none'} changed")
        stale += changed
        if not only_compare:
            for name in changed:
                path = FOLDER / name
                if name not in files:
                    path.unlink()
                    continue
                path.parent.mkdir(exist_ok=True)
                content = files[name]
                path.write_bytes(content.encode() if isinstance(content, str) else content)
    page = FOLDER / "README.md"
    if not page.exists() or page.read_text(encoding="utf-8") != index_page(known):
        stale.append("README.md")
        if not only_compare:
            page.write_text(index_page(known), encoding="utf-8", newline="\n")
    if only_compare and stale:
        click.echo("not what the sources give: " + ", ".join(stale), err=True)
        sys.exit(1)


gallery()
