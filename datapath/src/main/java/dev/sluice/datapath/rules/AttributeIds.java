package dev.sluice.datapath.rules;

/**
 * The contextual attributes of a flow as one long: the numbers of its application, group and user, {@value #BITS} bits each, 0 for none (V4; document 002: "AppID,
 * process ID, active directory ID"). What a number stands for is known where rules are compiled. Stateless; no allocation.
 */
public final class AttributeIds {
    /** No attribute. */
    public static final long NONE = 0;

    /** Largest number of a value. */
    public static final int ID_MAX = (1 << 21) - 1;

    private static final int BITS = 21;
    private static final int GROUP_SHIFT = BITS;
    private static final int USER_SHIFT = 2 * BITS;

    private AttributeIds() {}

    /** Three numbers, 0..{@link #ID_MAX} each, 0 for none. */
    public static long of(int application, int group, int user) {
        return application | ((long) group << GROUP_SHIFT) | ((long) user << USER_SHIFT);
    }

    public static int application(long attributes) {
        return (int) attributes & ID_MAX;
    }

    public static int group(long attributes) {
        return (int) (attributes >>> GROUP_SHIFT) & ID_MAX;
    }

    public static int user(long attributes) {
        return (int) (attributes >>> USER_SHIFT) & ID_MAX;
    }

    /** Each attribute from the first, or from the second where the first has none. */
    public static long over(long first, long second) {
        return first == NONE
                ? second
                : of(
                        application(first) != 0 ? application(first) : application(second),
                        group(first) != 0 ? group(first) : group(second),
                        user(first) != 0 ? user(first) : user(second));
    }
}
