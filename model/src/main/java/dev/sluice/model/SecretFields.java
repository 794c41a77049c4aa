package dev.sluice.model;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Which fields hold secrets: whoever shows, records or hands on what others wrote asks here. Stateless. */
public final class SecretFields {
    private static final List<String> WORDS = List.of(
            "secret",
            "password",
            "passphrase",
            "token",
            "privatekey",
            "psk",
            "passwd",
            "credential",
            "apikey",
            "api_key",
            "accesskey",
            "access_key");

    /** Their values are the user's own, and may be anything. */
    private static final Set<String> OWN_WORDS = Set.of("environment", "parameters");

    private SecretFields() {}

    /** Whether a field of this name holds a secret. */
    public static boolean isSecret(String name) {
        String small = name.toLowerCase(Locale.ROOT);
        return WORDS.stream().anyMatch(small::contains);
    }

    /** Whether a field of this name may hold one. */
    public static boolean mayBeSecret(String name) {
        return isSecret(name) || OWN_WORDS.contains(name);
    }
}
