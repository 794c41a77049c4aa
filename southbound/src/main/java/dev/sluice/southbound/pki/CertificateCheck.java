package dev.sluice.southbound.pki;

import dev.sluice.southbound.pki.Certificates.Purpose;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What is checked of a certificate that somebody shows: the JDK's PKIX (RFC 5280 6) with one authority, and what it is good for. Stateless. */
final class CertificateCheck {
    private CertificateCheck() {}

    static Optional<String> problem(
            X509Certificate certificate, X509Certificate authority, Purpose purpose, Instant now) {
        try {
            PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(authority, null)));
            parameters.setRevocationEnabled(false);
            parameters.setDate(Date.from(now));
            CertPathValidator.getInstance("PKIX")
                    .validate(
                            CertificateFactory.getInstance("X.509").generateCertPath(List.of(certificate)), parameters);
        } catch (CertPathValidatorException e) {
            return Optional.of(words(e, certificate, now));
        } catch (GeneralSecurityException e) {
            return Optional.of("it cannot be checked: " + e.getMessage());
        }
        // The trust anchor's own dates are not looked at by PKIX.
        if (now.isAfter(authority.getNotAfter().toInstant())) {
            return Optional.of(
                    "its authority has expired, at " + authority.getNotAfter().toInstant());
        }
        try {
            List<String> purposes = certificate.getExtendedKeyUsage();
            if (purposes == null || !purposes.contains(purpose.oid())) {
                return Optional.of("it is not one of a "
                        + switch (purpose) {
                            case MANAGER -> "manager";
                            case NODE -> "node";
                        });
            }
        } catch (CertificateException e) {
            return Optional.of("it cannot be read: " + e.getMessage());
        }
        return Optional.empty();
    }

    private static String words(CertPathValidatorException e, X509Certificate certificate, Instant now) {
        if (e.getReason() == BasicReason.EXPIRED) {
            return "it expired at " + certificate.getNotAfter().toInstant() + ", and it is " + now + " here";
        }
        if (e.getReason() == BasicReason.NOT_YET_VALID) {
            return "it is good from " + certificate.getNotBefore().toInstant() + " on, and it is only " + now
                    + " here: look at the clocks";
        }
        return "it was signed by another authority";
    }
}
