package dev.sluice.manager;

import dev.sluice.manager.enrolment.Authority;
import dev.sluice.manager.enrolment.AuthorityException;
import dev.sluice.manager.enrolment.Enrolments;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.store.Store;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;

/**
 * How a manager serves agents.
 *
 * @param insecure without encryption, to whoever says to be a node; on loopback addresses only
 * @param certificateLife of certificates that it gives to nodes
 * @param newAuthority whether an authority that is lost is replaced, which ends all enrolments
 */
public record AgentOptions(InetSocketAddress listen, boolean insecure, Duration certificateLife, boolean newAuthority) {
    /** With TLS, for enrolled hosts. */
    public static AgentOptions at(InetSocketAddress listen) {
        return new AgentOptions(listen, false, Enrolments.LIFE_USUAL, false);
    }

    /** Reads or makes the authority; one is made where there is none, and the store tells whether it is missing. */
    Enrolments enrolments(Path data, Store store, Inventory inventory, InstantSource clock) {
        Authority authority;
        try {
            authority =
                    newAuthority || !Authority.isIn(data) ? fresh(data, store, inventory, clock) : Authority.read(data);
        } catch (IOException e) {
            throw new AuthorityException("the authority of agents cannot be used: " + e.getMessage(), e);
        }
        return Enrolments.open(store, inventory, authority, newAuthority, certificateLife, clock);
    }

    private Authority fresh(Path data, Store store, Inventory inventory, InstantSource clock) throws IOException {
        if (!newAuthority) {
            Enrolments.checkNew(store, inventory);
        }
        return Authority.create(data, clock.instant());
    }
}
