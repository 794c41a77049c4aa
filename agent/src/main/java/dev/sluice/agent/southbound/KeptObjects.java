package dev.sluice.agent.southbound;

import dev.sluice.southbound.Resource;
import java.io.IOException;
import java.util.NavigableMap;

/** Where what a manager sent last outlives the process. One user. */
public interface KeptObjects {
    /** What is there, by name; nothing if there is none, or it cannot be used. */
    NavigableMap<String, Resource> read();

    /**
     * Replaces it, as a whole or not at all, whenever the machine stops.
     *
     * @throws IOException if that cannot be done; what was there before still is
     */
    void write(NavigableMap<String, Resource> resources) throws IOException;
}
