package dev.sluice.agent.compile;

import org.jspecify.annotations.Nullable;

/** Where the compiler asks about network interfaces. */
@FunctionalInterface
public interface InterfaceDirectory {
    /** The facts of an interface, null if the host has no interface of that name. */
    @Nullable
    InterfaceFacts find(String interfaceName);
}
