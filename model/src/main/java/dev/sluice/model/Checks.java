package dev.sluice.model;

import java.nio.charset.StandardCharsets;

/** Invariants that several objects share; constructors call {@code require...}, readers ask first and report a problem instead. */
final class Checks {
    /** Longest name of an object, in characters. */
    static final int NAME_LENGTH_MAX = 63;

    /** What {@link #isName} takes. */
    static final String NAME_PATTERN = "[a-z0-9]([-a-z0-9.]{0," + (NAME_LENGTH_MAX - 2) + "}[a-z0-9])?";

    /** Longest Linux interface name, in bytes (IFNAMSIZ - 1). */
    static final int INTERFACE_NAME_BYTES_MAX = 15;

    private Checks() {}

    /** Whether the text is an object name: {@code [a-z0-9]([-a-z0-9.]*[a-z0-9])?}, at most 63 characters. */
    static boolean isName(String text) {
        int length = text.length();
        if (length == 0 || length > NAME_LENGTH_MAX) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            boolean inner = (c == '-' || c == '.') && i > 0 && i < length - 1;
            if (!inner && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) {
                return false;
            }
        }
        return true;
    }

    /** Whether Linux accepts the text as an interface name (dev_valid_name in net/core/dev.c). */
    static boolean isInterfaceName(String text) {
        if (text.isEmpty()
                || text.equals(".")
                || text.equals("..")
                || text.getBytes(StandardCharsets.UTF_8).length > INTERFACE_NAME_BYTES_MAX) {
            return false;
        }
        return text.chars().noneMatch(c -> c == '/' || c == ':' || c <= ' ' || c == 0x7f || Character.isWhitespace(c));
    }

    static void requireName(String field, String text) {
        if (!isName(text)) {
            throw new IllegalArgumentException(field + " '" + text + "' is not a name");
        }
    }

    static void requireInterfaceName(String field, String text) {
        if (!isInterfaceName(text)) {
            throw new IllegalArgumentException(field + " '" + text + "' is not the name of a Linux interface");
        }
    }

    static void requireRange(String field, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(field + " " + value + " is outside " + min + ".." + max);
        }
    }

    static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
