package dev.sluice.manager.enrolment;

import dev.sluice.manager.objects.Trees;
import java.time.Instant;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is known of a node's certificates.
 *
 * @param enrolled when its host came with a token last
 * @param issuedMs when its newest certificate was issued, ms since 1970
 * @param expires when that one does
 * @param voidUntilMs certificates that were issued then or before do not count, ms since 1970
 */
record EnrolledNode(String node, Instant enrolled, long issuedMs, Instant expires, long voidUntilMs) {
    /** Whether none of its certificates counts. */
    boolean revoked() {
        return issuedMs <= voidUntilMs;
    }

    EnrolledNode renewed(long newIssuedMs, Instant newExpires) {
        return new EnrolledNode(node, enrolled, newIssuedMs, newExpires, voidUntilMs);
    }

    /** None of what it was ever given counts, whatever the clock said when it was. */
    EnrolledNode revoked(long nowMs) {
        return new EnrolledNode(node, enrolled, issuedMs, expires, Math.max(nowMs, issuedMs));
    }

    /** Later than everything that does not count. */
    long nextIssuedMs(long nowMs) {
        return Math.max(nowMs, Math.max(voidUntilMs, issuedMs) + 1);
    }

    byte[] value() {
        ObjectNode tree = Trees.object();
        tree.put("node", node);
        tree.put("enrolled", enrolled.toString());
        tree.put("issuedMs", issuedMs);
        tree.put("expires", expires.toString());
        tree.put("voidUntilMs", voidUntilMs);
        return Trees.bytes(tree);
    }

    static EnrolledNode of(JsonNode tree) {
        return new EnrolledNode(
                tree.path("node").asString(""),
                Instant.parse(tree.path("enrolled").asString("")),
                tree.path("issuedMs").asLong(0),
                Instant.parse(tree.path("expires").asString("")),
                tree.path("voidUntilMs").asLong(0));
    }
}
