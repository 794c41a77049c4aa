package dev.sluice.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file whose existence tells a program of the lab to come to its end in order: all namespaces share the files, whatever becomes of the network. */
final class EndMark {
    private EndMark() {}

    /** Whether the end is asked for. */
    static boolean isSet(Path mark) {
        return Files.exists(mark);
    }

    /** Asks for the end; again does nothing. */
    static void set(Path mark) {
        try {
            if (!Files.exists(mark)) {
                Files.createFile(mark);
            }
        } catch (IOException e) {
            throw new LabException(mark + " cannot be written: " + e.getMessage(), e);
        }
    }
}
