package dev.sluice.lab;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The prefix of all namespace names of one topology: {@code sl<pid>x<n>}, both in base 36, so that labs never collide and the owner of a
 * leftover can be told from its name.
 *
 * @param ownerPid process id of the JVM that made it
 * @param sequence which of its topologies
 */
public record LabName(long ownerPid, int sequence) {
    private static final Pattern FULL_NAME = Pattern.compile("sl([0-9a-z]{1,7})x([0-9a-z]{1,6})-(.+)");
    private static final Pattern PART = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,31}");

    /** A name for a topology of this process. */
    static LabName own(int sequence) {
        return new LabName(ProcessHandle.current().pid(), sequence);
    }

    /** The prefix in a namespace's full name; empty if the lab did not make it. */
    static Optional<LabName> in(String fullName) {
        Matcher matcher = FULL_NAME.matcher(fullName);
        return matcher.matches()
                ? Optional.of(new LabName(Long.parseLong(matcher.group(1), 36), Integer.parseInt(matcher.group(2), 36)))
                : Optional.empty();
    }

    /** The full name of a namespace. */
    String of(String part) {
        return this + "-" + part;
    }

    /** Refuses names that cannot be part of a file name. */
    static void checkPart(String name) {
        if (!PART.matcher(name).matches()) {
            throw new LabException(
                    "name '" + name
                            + "' cannot name a host: use 1 to 32 letters, digits, '-', '_' or '.', beginning with a letter or digit");
        }
    }

    @Override
    public String toString() {
        return "sl" + Long.toString(ownerPid, 36) + "x" + Integer.toString(sequence, 36);
    }
}
