package dev.sluice.manager.callbacks;

import dev.sluice.manager.http.ShownCertificate;
import java.util.Optional;

/**
 * How service managers are called.
 *
 * @param shown to those that want to see a certificate; empty: none
 * @param targets who may be called
 */
public record CallbackOptions(Optional<ShownCertificate> shown, CallbackTargets targets) {
    /** Without a certificate, and nobody on this host. */
    public static final CallbackOptions USUAL = new CallbackOptions(Optional.empty(), CallbackTargets.ELSEWHERE);
}
