package dev.sluice.fastpath;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How many values the kernel gives of what it counts per CPU. Pure functions. */
final class PossibleCpus {
    private static final Path FILE = Path.of("/sys/devices/system/cpu/possible");

    private PossibleCpus() {}

    static int count() {
        try {
            return count(Files.readString(FILE).strip());
        } catch (IOException e) {
            throw new IllegalStateException(FILE + " cannot be read", e);
        }
    }

    /** {@code "0-3,8"}: the highest number and one. */
    static int count(String list) {
        String last = list.substring(list.lastIndexOf(',') + 1);
        return Integer.parseInt(last.substring(last.lastIndexOf('-') + 1)) + 1;
    }
}
