package dev.sluice.model;

import java.nio.charset.StandardCharsets;

/**
 * The numbers that nodes of one service plane know each other's things by: hashes of names, so that every node computes the same ones from the same objects
 * and nobody has to hand them out. Stateless. Specification: {@code docs/reference/service-plane-ids.md}.
 */
public final class PlaneNumbers {
    /** Most hashes of paths: 23 bits, one bit of the 24 of a service path identifier tells the direction. */
    public static final int PATH_MAX = (1 << 23) - 1;

    private PlaneNumbers() {}

    /** FNV-1a over the UTF-8 bytes, 64 bits. */
    private static long hash(String text) {
        long hash = 0xcbf2_9ce4_8422_2325L;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x0000_0100_0000_01b3L;
        }
        return hash;
    }

    /** A digest of a text, by which nodes find out whether they have the same; never 0. */
    public static long digest(String text) {
        long hash = hash(text);
        return hash == 0 ? 1 : hash;
    }

    private static int number(String text) {
        long hash = hash(text);
        int folded = (int) (hash ^ (hash >>> 32));
        return folded == 0 ? 1 : folded;
    }

    /** The number of a node; never 0. */
    public static int node(String name) {
        return number("node/" + name);
    }

    /** The number of a service instance at its place; never 0. One that moves under its name is another one. */
    public static int instance(String name, String node) {
        return number("instance/" + place(name, node));
    }

    /** What an instance at its place is called in names of paths: {@code fw-1@b}. */
    public static String place(String instance, String node) {
        return instance + "@" + node;
    }

    /** The number of a chain, which nodes with an agent are told; never 0. */
    public static int chain(String name) {
        return number("chain/" + name);
    }

    /** The number of a router as a tenant of the service plane; never 0. */
    public static int router(String name) {
        return number("router/" + name);
    }

    /** The number of a logical switch as a tenant of the service plane; never 0. */
    public static int segment(String name) {
        return number("switch/" + name);
    }

    /** The number of a transparent pair of a node; never 0. The order of the two ports does not matter. */
    public static int pair(String node, String onePort, String otherPort) {
        boolean inOrder = onePort.compareTo(otherPort) <= 0;
        return number("pair/" + node + "/" + (inOrder ? onePort : otherPort) + "/" + (inOrder ? otherPort : onePort));
    }

    /**
     * Where the search for the identifier of a path begins, 1..{@link #PATH_MAX}.
     *
     * @param path name of the path with the places of its instances: {@code chain[fw-1@b,ips-2@c]}
     */
    public static int path(String path) {
        long hash = hash(path);
        int folded = (int) (hash ^ (hash >>> 23) ^ (hash >>> 46)) & PATH_MAX;
        return folded == 0 ? 1 : folded;
    }
}
