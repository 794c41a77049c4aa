package dev.sluice.manager.access;

import dev.sluice.manager.objects.Trees;
import dev.sluice.southbound.Protocol;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A token as it is kept: without the secret, of which there is the SHA-256 only. The secret has 256 random bits, so that a hash that is slow to compute would not make it harder to guess.
 *
 * @param id eight hexadecimal digits, by which it is found and revoked
 * @param note what it is for
 */
record Token(String id, String user, String hash, Instant created, Instant expires, String note) {
    private static final Pattern TEXT = Pattern.compile("sluice_([0-9a-f]{8})_([A-Za-z0-9_-]{43})");
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int SECRET_BYTES = 32;

    /** What a client shows. */
    record Shown(String id, String secret) {
        static Optional<Shown> of(String text) {
            Matcher matcher = TEXT.matcher(text);
            return matcher.matches() ? Optional.of(new Shown(matcher.group(1), matcher.group(2))) : Optional.empty();
        }

        static Shown random() {
            byte[] id = new byte[4];
            byte[] secret = new byte[SECRET_BYTES];
            RANDOM.nextBytes(id);
            RANDOM.nextBytes(secret);
            return new Shown(
                    HexFormat.of().formatHex(id),
                    Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
        }

        String text() {
            return "sluice_" + id + "_" + secret;
        }

        String hash() {
            return Protocol.sha256(secret.getBytes(StandardCharsets.US_ASCII));
        }
    }

    /** In a time that does not tell how much of it fits. */
    boolean fits(Shown shown) {
        return MessageDigest.isEqual(
                hash.getBytes(StandardCharsets.US_ASCII), shown.hash().getBytes(StandardCharsets.US_ASCII));
    }

    /** What may be shown of it. */
    ObjectNode tree() {
        ObjectNode tree = Trees.object();
        tree.put("id", id);
        tree.put("user", user);
        tree.put("created", created.toString());
        tree.put("expires", expires.toString());
        tree.put("note", note);
        return tree;
    }

    byte[] value() {
        return Trees.bytes(tree().put("hash", hash));
    }

    static Token of(JsonNode tree) {
        return new Token(
                tree.path("id").asString(""),
                tree.path("user").asString(""),
                tree.path("hash").asString(""),
                Instant.parse(tree.path("created").asString("")),
                Instant.parse(tree.path("expires").asString("")),
                tree.path("note").asString(""));
    }
}
