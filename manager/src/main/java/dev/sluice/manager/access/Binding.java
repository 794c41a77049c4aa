package dev.sluice.manager.access;

/**
 * A role that somebody has.
 *
 * @param tenant in which; {@value #EVERYWHERE}: in all, and for what they share
 */
public record Binding(Role role, String tenant) {
    /** Stands for all tenants. */
    public static final String EVERYWHERE = "*";

    /** Whether it is for all tenants. */
    public boolean everywhere() {
        return tenant.equals(EVERYWHERE);
    }

    /** As users write it: {@code security-admin}, or {@code security-admin@acme}. */
    @Override
    public String toString() {
        return everywhere() ? role.word() : role.word() + "@" + tenant;
    }
}
