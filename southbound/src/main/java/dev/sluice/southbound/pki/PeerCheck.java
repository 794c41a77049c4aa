package dev.sluice.southbound.pki;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Has a peer's certificates checked during the handshake, by one rule and nothing else: neither the host's list of authorities nor names of hosts count, since a manager may
 * be reached by any address and through tunnels. Any thread.
 */
public final class PeerCheck extends X509ExtendedTrustManager {
    private final Rule rule;

    /** Who is believed. */
    @FunctionalInterface
    public interface Rule {
        /**
         * Looks at what a peer shows.
         *
         * @param chain its own certificate first; at least one
         * @throws CertificateException if the peer is not believed, with words for people
         */
        void check(List<X509Certificate> chain) throws CertificateException;
    }

    /** A check of everybody who connects, or of whoever is connected to. */
    public PeerCheck(Rule rule) {
        this.rule = rule;
    }

    private void check(X509Certificate[] chain) throws CertificateException {
        if (chain == null || chain.length == 0) {
            throw new CertificateException("it shows no certificate");
        }
        rule.check(List.of(chain));
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        check(chain);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
