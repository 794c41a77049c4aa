package dev.sluice.cli;

import java.util.ArrayList;
import java.util.List;

/** A table of texts for people: columns as wide as their widest cell, numbers to the right. */
final class Table {
    private static final String GAP = "  ";

    private final List<String> heads = new ArrayList<>();
    private final List<Boolean> right = new ArrayList<>();
    private final List<List<String>> rows = new ArrayList<>();
    private int[] widths = {};

    /** A column whose cells are words. */
    Table words(String head) {
        heads.add(head);
        right.add(false);
        return this;
    }

    /** A column whose cells are numbers. */
    Table numbers(String head) {
        heads.add(head);
        right.add(true);
        return this;
    }

    /** A row; as many cells as there are columns, empty ones are shown as "-". */
    Table row(Object... cells) {
        rows.add(words(cells));
        return this;
    }

    private List<String> words(Object... cells) {
        if (cells.length != heads.size()) {
            throw new IllegalArgumentException(cells.length + " cells for " + heads.size() + " columns");
        }
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            String text = String.valueOf(cell);
            row.add(text.isEmpty() ? "-" : text);
        }
        return row;
    }

    /** Without rows, a sentence in brackets instead of a table. */
    String render(String none) {
        if (rows.isEmpty()) {
            return "(" + none + ")\n";
        }
        widths = new int[heads.size()];
        widen(heads);
        rows.forEach(this::widen);
        StringBuilder text = new StringBuilder();
        line(text, heads);
        rows.forEach(row -> line(text, row));
        return text.toString();
    }

    /** One more row for a table that is shown already; columns are as wide as there, or as a wider cell since. */
    String further(Object... cells) {
        List<String> row = words(cells);
        widen(row);
        StringBuilder text = new StringBuilder();
        line(text, row);
        return text.toString();
    }

    private void widen(List<String> row) {
        for (int column = 0; column < widths.length; column++) {
            widths[column] = Math.max(widths[column], row.get(column).length());
        }
    }

    private void line(StringBuilder text, List<String> cells) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < widths.length; column++) {
            String cell = cells.get(column);
            String padding = " ".repeat(widths[column] - cell.length());
            line.append(column == 0 ? "" : GAP);
            line.append(right.get(column) ? padding + cell : cell + padding);
        }
        text.append(line.toString().stripTrailing()).append('\n');
    }
}
