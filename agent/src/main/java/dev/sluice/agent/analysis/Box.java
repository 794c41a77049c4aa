package dev.sluice.agent.analysis;

/**
 * Sets of packets as boxes: an array with the lowest and the highest stretch of each {@link Axis}, at 2d and 2d+1 of dimension d. Static functions only: there
 * are hundreds of thousands of boxes in one analysis.
 */
final class Box {
    static final int SOURCE = 0;
    static final int DESTINATION = 1;
    static final int PROTOCOL = 2;
    static final int SOURCE_PORT = 3;
    static final int DESTINATION_PORT = 4;
    static final int OUTER_VLAN = 5;
    static final int INNER_VLAN = 6;
    static final int DSCP = 7;
    static final int SOURCE_MAC = 8;
    static final int DESTINATION_MAC = 9;
    static final int HASH = 10;
    static final int APPLICATION = 11;
    static final int GROUP = 12;
    static final int USER = 13;
    static final int DIMENSIONS = 14;

    private Box() {}

    static boolean intersects(int[] a, int[] b) {
        for (int i = 0; i < 2 * DIMENSIONS; i += 2) {
            if (a[i] > b[i + 1] || b[i] > a[i + 1]) {
                return false;
            }
        }
        return true;
    }

    static boolean contains(int[] outer, int[] inner) {
        for (int i = 0; i < 2 * DIMENSIONS; i += 2) {
            if (outer[i] > inner[i] || outer[i + 1] < inner[i + 1]) {
                return false;
            }
        }
        return true;
    }

    /** What both have in common; only of boxes that intersect. */
    static int[] common(int[] a, int[] b) {
        int[] both = new int[2 * DIMENSIONS];
        for (int i = 0; i < 2 * DIMENSIONS; i += 2) {
            both[i] = Math.max(a[i], b[i]);
            both[i + 1] = Math.min(a[i + 1], b[i + 1]);
        }
        return both;
    }

    /** The same box with one dimension narrowed. */
    static int[] with(int[] box, int dimension, int low, int high) {
        int[] copy = box.clone();
        copy[2 * dimension] = low;
        copy[2 * dimension + 1] = high;
        return copy;
    }

    /** The packets of the opposite direction. */
    static int[] reversed(int[] box) {
        int[] turned = box.clone();
        swap(turned, SOURCE, DESTINATION);
        swap(turned, SOURCE_PORT, DESTINATION_PORT);
        swap(turned, SOURCE_MAC, DESTINATION_MAC);
        return turned;
    }

    private static void swap(int[] box, int a, int b) {
        for (int i = 0; i < 2; i++) {
            int kept = box[2 * a + i];
            box[2 * a + i] = box[2 * b + i];
            box[2 * b + i] = kept;
        }
    }
}
