package dev.sluice.southbound.pki;

import dev.sluice.southbound.Protocol;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an operator carries from a manager to a host, once: {@code sluice-enrol_NODE_NUMBER_SECRET_PIN}.
 *
 * @param node the only node that it is good for
 * @param id eight hexadecimal digits, by which the manager finds it
 * @param secret 256 random bits in base64url
 * @param pin of the authority whose certificate the manager has to show, as {@link Certificates#pin} gives it
 */
public record EnrolmentToken(String node, String id, String secret, String pin) {
    private static final Pattern TEXT =
            Pattern.compile("sluice-enrol_([-a-z0-9.]{1,63})_([0-9a-f]{8})_([-A-Za-z0-9_]{43})_([-A-Za-z0-9_]{43})");
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int ID_BYTES = 4;
    private static final int SECRET_BYTES = 32;

    /** What a text says; empty: it is no token, or only a part of one. */
    public static Optional<EnrolmentToken> of(String text) {
        Matcher matcher = TEXT.matcher(text.strip());
        return matcher.matches()
                ? Optional.of(
                        new EnrolmentToken(matcher.group(1), matcher.group(2), matcher.group(3), matcher.group(4)))
                : Optional.empty();
    }

    /** A new one for a node. */
    public static EnrolmentToken random(String node, String pin) {
        byte[] id = new byte[ID_BYTES];
        byte[] secret = new byte[SECRET_BYTES];
        RANDOM.nextBytes(id);
        RANDOM.nextBytes(secret);
        String text = Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
        return new EnrolmentToken(node, HexFormat.of().formatHex(id), text, pin);
    }

    /** As it is carried. */
    public String text() {
        return "sluice-enrol_" + node + "_" + id + "_" + secret + "_" + pin;
    }

    /** What a manager keeps of a secret. */
    public static String hash(String secret) {
        return HexFormat.of().formatHex(Protocol.sha256().digest(secret.getBytes(StandardCharsets.UTF_8)));
    }

    /** Without the secret: logs are read by many. */
    @Override
    public String toString() {
        return "enrolment token " + id + " of node " + node;
    }
}
