package dev.sluice.southbound.pki;

import dev.sluice.southbound.Protocol;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/**
 * Makes keys, certificates and requests for them. Stateless; the only place that uses Bouncy Castle, and only for the formats: keys and signatures are the JDK's.
 *
 * <p>A serial number begins with the moment at which it was given out, in ms, and ends with 64 random bits (RFC 5280 4.1.2.2), so that "all that were issued until then" is one number.
 */
public final class Certificates {
    /** Clocks of two hosts may differ by so much. */
    public static final Duration CLOCKS_APART = Duration.ofHours(1);

    /** The name in certificates of managers; nodes cannot be called so. */
    public static final String MANAGER_NAME = "Sluice manager";

    private static final String SIGNATURE = "SHA256withECDSA";
    private static final String CURVE = "secp256r1";
    private static final int REQUEST_BYTES_MAX = 4_096;
    private static final int RANDOM_BITS = 64;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Pattern COMMON_NAME = Pattern.compile("CN=([-A-Za-z0-9._ ]{1,64})");

    private Certificates() {}

    /** What a certificate is good for. */
    public enum Purpose {
        /** A manager shows it to agents. */
        MANAGER(KeyPurposeId.id_kp_serverAuth),

        /** An agent shows it to managers. */
        NODE(KeyPurposeId.id_kp_clientAuth);

        // A constant of the library that nobody can change.
        @SuppressWarnings("ImmutableEnumChecker")
        private final KeyPurposeId id;

        Purpose(KeyPurposeId id) {
            this.id = id;
        }

        /** Its number in the extended key usage (RFC 5280 4.2.1.12). */
        String oid() {
            return id.getId();
        }
    }

    /** What somebody asks for: a certificate of this name for this key, which they have shown to have. */
    public record Request(String name, PublicKey key) {}

    /** A new key: NIST P-256. */
    public static KeyPair newKey() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(CURVE), RANDOM);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("each JDK has P-256", e);
        }
    }

    /** The certificate of an authority, signed by itself. */
    public static X509Certificate authority(KeyPair key, String name, Instant now, Duration life) {
        X500Principal subject = new X500Principal("CN=" + name);
        try {
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    subject,
                    serial(now.toEpochMilli()),
                    Date.from(now.minus(CLOCKS_APART)),
                    Date.from(now.plus(life)),
                    subject,
                    key.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
            builder.addExtension(
                    Extension.subjectKeyIdentifier,
                    false,
                    new JcaX509ExtensionUtils().createSubjectKeyIdentifier(key.getPublic()));
            return signed(builder, key.getPrivate());
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("a certificate of an authority cannot be made", e);
        }
    }

    /**
     * A certificate that an authority signs.
     *
     * @param from when it is issued: it is good from {@link #CLOCKS_APART} before
     * @param issuedMs the moment that its serial number begins with, ms since 1970; the same, or later
     * @param until its end; the authority's own if that is earlier
     */
    public static X509Certificate issue(
            KeyPair authority,
            X509Certificate authorityCertificate,
            Purpose purpose,
            Request request,
            Instant from,
            long issuedMs,
            Instant until) {
        Instant last = authorityCertificate.getNotAfter().toInstant();
        try {
            JcaX509ExtensionUtils utils = new JcaX509ExtensionUtils();
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    authorityCertificate,
                    serial(issuedMs),
                    Date.from(from.minus(CLOCKS_APART)),
                    Date.from(until.isBefore(last) ? until : last),
                    new X500Principal("CN=" + request.name()),
                    request.key());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(Extension.extendedKeyUsage, true, new ExtendedKeyUsage(purpose.id));
            builder.addExtension(
                    Extension.authorityKeyIdentifier, false, utils.createAuthorityKeyIdentifier(authorityCertificate));
            return signed(builder, authority.getPrivate());
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("a certificate for " + request.name() + " cannot be made", e);
        }
    }

    private static BigInteger serial(long issuedMs) {
        return BigInteger.valueOf(issuedMs).shiftLeft(RANDOM_BITS).or(new BigInteger(RANDOM_BITS, RANDOM));
    }

    private static X509Certificate signed(JcaX509v3CertificateBuilder builder, PrivateKey key)
            throws CertificateException {
        try {
            return new JcaX509CertificateConverter()
                    .getCertificate(builder.build(new JcaContentSignerBuilder(SIGNATURE).build(key)));
        } catch (OperatorCreationException e) {
            throw new CertificateException(e);
        }
    }

    /** When a certificate of an authority here was issued, ms since 1970; the beginning of its serial number. */
    public static long issuedMs(X509Certificate certificate) {
        return certificate.getSerialNumber().shiftRight(RANDOM_BITS).longValue();
    }

    /** When the life of a certificate of an authority here began, by the clock of who signed it. */
    public static Instant from(X509Certificate certificate) {
        return certificate.getNotBefore().toInstant().plus(CLOCKS_APART);
    }

    /** Asks for a certificate of a name; PKCS#10 in DER. */
    public static byte[] request(KeyPair key, String name) {
        try {
            return new JcaPKCS10CertificationRequestBuilder(new X500Principal("CN=" + name), key.getPublic())
                    .build(new JcaContentSignerBuilder(SIGNATURE).build(key.getPrivate()))
                    .getEncoded();
        } catch (IOException | OperatorCreationException e) {
            throw new IllegalStateException("a request for " + name + " cannot be made", e);
        }
    }

    /**
     * What a request asks for; extensions that it wishes for count for nothing.
     *
     * @throws CertificateException if it is none, is not signed by the key in it, or has a key of another kind than P-256
     */
    public static Request read(byte[] request) throws CertificateException {
        if (request.length > REQUEST_BYTES_MAX) {
            throw new CertificateException(
                    "the request has " + request.length + " bytes, more than " + REQUEST_BYTES_MAX);
        }
        try {
            JcaPKCS10CertificationRequest read = new JcaPKCS10CertificationRequest(request);
            PublicKey key = read.getPublicKey();
            if (!(key instanceof java.security.interfaces.ECPublicKey ec)
                    || ec.getParams().getOrder().bitLength() != 256) {
                throw new CertificateException("the key in the request is not of the curve " + CURVE);
            }
            if (!read.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key))) {
                throw new CertificateException("the request is not signed by the key in it");
            }
            String name = commonName(new X500Principal(read.getSubject().getEncoded()));
            return new Request(name, key);
        } catch (IOException
                | GeneralSecurityException
                | OperatorCreationException
                | PKCSException
                | IllegalArgumentException e) {
            if (e instanceof CertificateException ours) {
                throw ours;
            }
            throw new CertificateException("the request is not PKCS#10: " + e.getMessage(), e);
        }
    }

    /** The name in a certificate; empty: it holds more or less than one. */
    public static String name(X509Certificate certificate) {
        return commonName(certificate.getSubjectX500Principal());
    }

    private static String commonName(X500Principal subject) {
        Matcher matcher = COMMON_NAME.matcher(subject.getName(X500Principal.RFC2253));
        return matcher.matches() ? matcher.group(1) : "";
    }

    /** Names a certificate: SHA-256 of it in base64url, 43 characters. */
    public static String pin(X509Certificate certificate) {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(Protocol.sha256().digest(certificate.getEncoded()));
        } catch (CertificateException e) {
            throw new IllegalStateException("a certificate has no encoding", e);
        }
    }

    /** Reads a certificate in DER. */
    public static X509Certificate certificate(byte[] der) throws CertificateException {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    /** Why a certificate was not signed by an authority, or is not good for a purpose or at a time; empty: it is all that. */
    public static Optional<String> problem(
            X509Certificate certificate, X509Certificate authority, Purpose purpose, Instant now) {
        return CertificateCheck.problem(certificate, authority, purpose, now);
    }
}
