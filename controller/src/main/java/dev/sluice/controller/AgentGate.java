package dev.sluice.controller;

import dev.sluice.southbound.pki.OwnIdentity;
import java.security.cert.X509Certificate;
import java.util.Optional;

/** Who decides which agents are served, and as which nodes. Any thread. */
public interface AgentGate {
    /** What the server shows to agents. */
    OwnIdentity identity();

    /**
     * Looks at a certificate that somebody shows who connects.
     *
     * @return why the connection is refused; empty: it is not
     */
    Optional<String> refusesConnection(X509Certificate certificate);

    /**
     * Looks again at a certificate that has been let in; cheap, asked for each call and once a second for each stream.
     *
     * @return why it does not count any more; empty: it does
     */
    Optional<String> endsStream(X509Certificate certificate);

    /**
     * Gives a certificate to somebody with a token.
     *
     * @param request PKCS#10 in DER
     * @param from where it comes from, for the record
     * @throws NotEnrolledException if not
     */
    Pair enrol(String token, String secret, byte[] request, String from) throws NotEnrolledException;

    /**
     * Gives the next certificate to somebody who has one.
     *
     * @param current one that counts
     * @throws NotEnrolledException if not
     */
    Pair renew(X509Certificate current, byte[] request) throws NotEnrolledException;

    /** Hears that an agent asked for the part of another node. */
    void askedForAnother(String node, String claimed);

    /**
     * A certificate.
     *
     * @param authority that it is signed by
     */
    record Pair(X509Certificate certificate, X509Certificate authority) {}

    /** Somebody does not get a certificate. */
    final class NotEnrolledException extends Exception {
        private static final long serialVersionUID = 1L;

        private final boolean inVain;

        /**
         * A refusal.
         *
         * @param inVain whether asking again for the same is
         */
        public NotEnrolledException(String message, boolean inVain) {
            super(message);
            this.inVain = inVain;
        }

        boolean inVain() {
            return inVain;
        }
    }
}
