package dev.sluice.lab.demo;

import java.io.PrintStream;

/**
 * The marks for good and bad.
 *
 * @param good as expected
 * @param bad not so
 */
record Marks(String good, String bad) {
    /** Check marks where the output can show them. */
    static Marks of(PrintStream out) {
        return out.charset().newEncoder().canEncode("✓✗") ? new Marks("✓", "✗") : new Marks("ok", "NO");
    }
}
