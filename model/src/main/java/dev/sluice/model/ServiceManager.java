package dev.sluice.model;

import java.util.List;
import java.util.Optional;

/**
 * A program of whoever makes or runs service nodes, outside of Sluice, that has to know in which chains they are (V16, V19). It is called when that changes, or asks.
 *
 * @param metadata the name is the one under which it asks
 * @param spec whose it is, and how it is told
 */
public record ServiceManager(Metadata metadata, Spec spec) implements Resource {
    /** Most services of one service manager. */
    public static final int SERVICES_MAX = 256;

    @Override
    public Kind kind() {
        return Kind.SERVICE_MANAGER;
    }

    /**
     * Whose it is, and how it is told.
     *
     * @param vendor name for people; empty: not said
     * @param vendorId the vendor's own name for it; empty: not said
     * @param services names of the Services whose nodes it manages: 1..{@value #SERVICES_MAX}
     * @param callback where it is told; empty: it asks
     */
    public record Spec(
            Optional<String> vendor, Optional<String> vendorId, List<String> services, Optional<Callback> callback) {
        /** Copies the list. */
        public Spec {
            services = List.copyOf(services);
            Checks.requireRange("number of services", services.size(), 1, SERVICES_MAX);
        }
    }

    /**
     * Where it is told.
     *
     * @param url {@code https://HOST[:PORT]/PATH}; {@code http} on loopback addresses only
     * @param certificate SHA-256 of the certificate that is believed there, 64 hex digits in small letters; empty: any that the machine's authorities vouch for
     * @param timeoutNs how long an answer may take
     */
    public record Callback(String url, Optional<String> certificate, long timeoutNs) {}
}
