package dev.sluice.manager.rest;

import dev.sluice.manager.access.Accounts;
import dev.sluice.manager.access.Identity;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Refusal.Reason;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Who is let in: those with a token (RFC 6750), or everybody. Any thread. */
public final class Gate {
    private static final Identity NOBODY = new Identity("nobody", List.of(), "", "");
    private static final String SCHEME = "Bearer ";

    private final Optional<Function<String, Optional<Identity>>> tokens;

    private Gate(Optional<Function<String, Optional<Identity>>> tokens) {
        this.tokens = tokens;
    }

    /** Whoever reaches it may do everything; for loopback addresses only. */
    public static Gate open() {
        return new Gate(Optional.empty());
    }

    /** Those whose tokens are known. */
    public static Gate ofTokens(Accounts accounts) {
        return new Gate(Optional.of(accounts::identify));
    }

    boolean isOpen() {
        return tokens.isEmpty();
    }

    /**
     * Who asks.
     *
     * @param authorization the header of that name
     * @throws Refusal if nobody knows
     */
    Identity identify(String authorization) {
        if (tokens.isEmpty()) {
            return Identity.LOCAL;
        }
        if (!authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            throw new Refusal(
                    Reason.UNAUTHENTICATED,
                    "the manager wants to know who you are",
                    "send a token: SLUICE_TOKEN or SLUICE_TOKEN_FILE, header Authorization: Bearer TOKEN; an administrator makes one: sluice token create");
        }
        return tokens.get()
                .apply(authorization.substring(SCHEME.length()).strip())
                .orElseThrow(() -> new Refusal(
                        Reason.UNAUTHENTICATED,
                        "the token is unknown, expired or revoked",
                        "ask an administrator for another one: sluice token create"));
    }

    /** The same, but nobody is refused: who is not known has no rights. */
    Identity known(String authorization) {
        try {
            return identify(authorization);
        } catch (Refusal e) {
            return NOBODY;
        }
    }
}
