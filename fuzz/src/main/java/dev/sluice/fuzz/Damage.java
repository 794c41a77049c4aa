package dev.sluice.fuzz;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Damages what a parser would understand: a little, so that what lies behind its first checks is reached too. */
public final class Damage {
    private static final int CHANGES_MAX = 6;
    private static final int PIECE_MAX = 16;

    private static final List<String> PIECES = List.of(
            "\u0000",
            "\uffff",
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "- ",
            "---\n",
            "&a ",
            "*a",
            "!!java ",
            "\"",
            "'",
            "\\u",
            "1e999",
            "-1",
            "0",
            "4294967296",
            "99999999999999999999",
            "::",
            "/129",
            ".",
            "\n",
            "\r\n",
            "\t",
            "null",
            "true",
            "~",
            "0x",
            "[".repeat(300),
            "{\"a\":".repeat(300),
            "\ud800");

    private static final int[] EXTREMES = {0, 1, -1, 0x7f, 0x80, Integer.MAX_VALUE, Integer.MIN_VALUE, 0xffff, 0x1_0000
    };

    private Damage() {}

    /** One of some texts with one to six pieces inserted, left out, moved, or taken from another of them. */
    public static String text(Random random, List<String> seeds) {
        StringBuilder text = new StringBuilder(seeds.get(random.nextInt(seeds.size())));
        for (int i = changes(random); i > 0; i--) {
            int at = random.nextInt(text.length() + 1);
            int end = Math.min(text.length(), at + 1 + random.nextInt(PIECE_MAX));
            switch (random.nextInt(8)) {
                case 0, 1 -> text.insert(at, PIECES.get(random.nextInt(PIECES.size())));
                case 2 -> text.replace(at, end, PIECES.get(random.nextInt(PIECES.size())));
                case 3 -> text.setLength(at);
                case 4 -> text.delete(at, end);
                case 5 -> text.insert(at, (char) random.nextInt(0x1_0000));
                case 6 -> text.insert(random.nextInt(text.length() + 1), text.substring(at, end));
                default -> {
                    String other = seeds.get(random.nextInt(seeds.size()));
                    int from = random.nextInt(other.length() + 1);
                    text.insert(at, other, from, from + random.nextInt(other.length() + 1 - from));
                }
            }
        }
        return text.toString();
    }

    /** Mostly few. */
    private static int changes(Random random) {
        return 1 + random.nextInt(1 + random.nextInt(CHANGES_MAX));
    }

    /** A copy with one to six places changed, grown or cut. */
    public static byte[] bytes(Random random, byte[] seed) {
        byte[] bytes = seed.clone();
        for (int i = changes(random); i > 0; i--) {
            int at = random.nextInt(bytes.length + 1);
            int piece = Math.min(bytes.length - at, 1 + random.nextInt(PIECE_MAX));
            switch (random.nextInt(9)) {
                case 0 -> bytes = Arrays.copyOf(bytes, at);
                case 1 -> bytes = spliced(bytes, at, at + piece, new byte[0]);
                case 2 -> bytes = spliced(bytes, at, at, Arrays.copyOfRange(bytes, at, at + piece));
                case 3 -> {
                    byte[] noise = new byte[piece];
                    random.nextBytes(noise);
                    bytes = spliced(bytes, at, at, noise);
                }
                case 4 -> putExtreme(random, bytes, at);
                default -> {
                    if (at < bytes.length) {
                        bytes[at] = switch (random.nextInt(4)) {
                            case 0 -> 0;
                            case 1 -> -1;
                            case 2 -> (byte) (bytes[at] ^ (1 << random.nextInt(8)));
                            default -> (byte) random.nextInt();
                        };
                    }
                }
            }
        }
        return bytes;
    }

    private static byte[] spliced(byte[] bytes, int from, int to, byte[] piece) {
        byte[] all = Arrays.copyOf(bytes, bytes.length - (to - from) + piece.length);
        System.arraycopy(piece, 0, all, from, piece.length);
        System.arraycopy(bytes, to, all, from + piece.length, bytes.length - to);
        return all;
    }

    /** A number where one may be, of 1, 2 or 4 bytes, in either order. */
    private static void putExtreme(Random random, byte[] bytes, int at) {
        int value = EXTREMES[random.nextInt(EXTREMES.length)];
        int size = 1 << random.nextInt(3);
        boolean big = random.nextBoolean();
        for (int i = 0; i < size && at + i < bytes.length; i++) {
            bytes[at + i] = (byte) (value >>> (8 * (big ? size - 1 - i : i)));
        }
    }
}
