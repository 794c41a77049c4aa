package dev.sluice.lab;

import java.util.List;

/** x. */
public final class Lab {
    private Lab() {}

    /** Removes the namespaces of labs whose owners are gone; their full names. */
    public static List<String> sweep() {
        return Namespaces.sweep();
    }
}
