package dev.sluice.manager.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** What a manager shows to prove who it is: a certificate chain and its key, from PEM files (RFC 7468). */
public final class ShownCertificate {
    /** The only version that is spoken to who asks this manager (RFC 8446). */
    static final String PROTOCOL = "TLSv1.3";

    private static final Pattern KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
    private static final List<String> ALGORITHMS = List.of("EC", "RSA", "Ed25519");

    private final KeyManager[] managers;
    private final SSLContext context;
    private final Instant expires;

    private ShownCertificate(KeyManager[] managers, SSLContext context, Instant expires) {
        this.managers = managers;
        this.context = context;
        this.expires = expires;
    }

    /** When the first of its certificates does. */
    public Instant expires() {
        return expires;
    }

    SSLContext context() {
        return context;
    }

    /** What shows it in other contexts. */
    public KeyManager[] managers() {
        return managers.clone();
    }

    /**
     * Reads both files.
     *
     * @param chain certificates in PEM, the server's own first
     * @param key the private key in PEM, PKCS#8, not encrypted
     * @throws IOException if they cannot be read, or do not belong together; says what to do
     */
    public static ShownCertificate read(Path chain, Path key) throws IOException {
        Certificate[] certificates = certificates(chain);
        PrivateKey secret = key(key);
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            char[] nobody = new char[0];
            store.setKeyEntry("server", secret, nobody, certificates);
            checkPair(certificates[0], secret, chain, key);
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(store, nobody);
            SSLContext context = SSLContext.getInstance(PROTOCOL);
            context.init(managers.getKeyManagers(), null, null);
            return new ShownCertificate(managers.getKeyManagers(), context, firstEnd(certificates));
        } catch (GeneralSecurityException e) {
            throw new IOException(chain + " and " + key + " cannot be used: " + e.getMessage(), e);
        }
    }

    private static Instant firstEnd(Certificate[] chain) {
        return Stream.of(chain)
                .filter(X509Certificate.class::isInstance)
                .map(each -> ((X509Certificate) each).getNotAfter().toInstant())
                .min(Comparator.naturalOrder())
                .orElse(Instant.MAX);
    }

    private static Certificate[] certificates(Path file) throws IOException {
        try {
            Collection<? extends Certificate> found =
                    CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(bytes(file)));
            if (found.isEmpty()) {
                throw new IOException(file + " holds no certificate; write PEM, the server's own first");
            }
            return found.toArray(Certificate[]::new);
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " holds no certificates in PEM: " + e.getMessage(), e);
        }
    }

    private static PrivateKey key(Path file) throws IOException {
        Matcher pem = KEY.matcher(new String(bytes(file), StandardCharsets.US_ASCII));
        if (!pem.find()) {
            throw new IOException(file
                    + " holds no private key in PKCS#8 PEM; convert it: openssl pkcs8 -topk8 -nocrypt -in KEY"
                    + " -out FILE");
        }
        PKCS8EncodedKeySpec spec;
        try {
            spec = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1)));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is damaged: " + e.getMessage(), e);
        }
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException e) {
                // One of the others, perhaps.
            } catch (GeneralSecurityException e) {
                throw new IOException(e);
            }
        }
        throw new IOException(file + " holds a key of an unknown kind; use EC, RSA or Ed25519");
    }

    /** A key that is not that of the certificate is found at the start, not by the first client. */
    private static void checkPair(Certificate certificate, PrivateKey secret, Path chain, Path key)
            throws GeneralSecurityException, IOException {
        String algorithm = secret.getAlgorithm().startsWith("Ed")
                ? "Ed25519"
                : secret.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA";
        java.security.Signature signature = java.security.Signature.getInstance(algorithm);
        byte[] text = "sluice".getBytes(StandardCharsets.US_ASCII);
        signature.initSign(secret);
        signature.update(text);
        byte[] signed = signature.sign();
        boolean fits;
        try {
            signature.initVerify(certificate.getPublicKey());
            signature.update(text);
            fits = signature.verify(signed);
        } catch (GeneralSecurityException e) {
            fits = false;
        }
        if (!fits) {
            throw new IOException(key + " is not the key of the first certificate in " + chain);
        }
    }

    private static byte[] bytes(Path file) throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new IOException(file + " can't be read: " + e.getMessage(), e);
        }
    }
}
