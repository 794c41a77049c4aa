package dev.sluice.manager.enrolment;

import dev.sluice.manager.objects.Trees;
import dev.sluice.southbound.pki.EnrolmentToken;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A token for enrolment as it is kept: without the secret.
 *
 * @param hash of the secret
 * @param usedBy SHA-256 of the key that was enrolled with it, in base64url; empty: none yet
 */
record StoredToken(String id, String node, String hash, Instant created, Instant expires, String usedBy) {
    boolean fits(String secret) {
        return MessageDigest.isEqual(
                hash.getBytes(StandardCharsets.US_ASCII),
                EnrolmentToken.hash(secret).getBytes(StandardCharsets.US_ASCII));
    }

    StoredToken usedBy(String key) {
        return new StoredToken(id, node, hash, created, expires, key);
    }

    byte[] value() {
        ObjectNode tree = Trees.object();
        tree.put("id", id);
        tree.put("node", node);
        tree.put("hash", hash);
        tree.put("created", created.toString());
        tree.put("expires", expires.toString());
        tree.put("usedBy", usedBy);
        return Trees.bytes(tree);
    }

    static StoredToken of(JsonNode tree) {
        return new StoredToken(
                tree.path("id").asString(""),
                tree.path("node").asString(""),
                tree.path("hash").asString(""),
                Instant.parse(tree.path("created").asString("")),
                Instant.parse(tree.path("expires").asString("")),
                tree.path("usedBy").asString(""));
    }
}
