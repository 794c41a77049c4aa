package dev.sluice.cli;

import java.util.Locale;

/** How answers are written. */
enum OutputFormat {
    /** Tables, for people; they may change. */
    TEXT,

    /** One JSON document, for programs; fields are only ever added. */
    JSON;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
