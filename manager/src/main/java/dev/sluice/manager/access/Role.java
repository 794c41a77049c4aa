package dev.sluice.manager.access;

import dev.sluice.manager.objects.Rights.Verb;
import dev.sluice.model.Kind;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What a user may do, in one tenant or everywhere (C14). What no role allows is denied. */
public enum Role {
    /** Everything; only for all tenants. */
    ADMIN(
            "all objects, packets that were captured, users, tenants, tokens, enrolments, backups",
            Sets.ALL,
            Sets.WRITTEN,
            Sets.WRITTEN,
            EnumSet.allOf(Permission.class)),

    /** Runs the network. */
    NETWORK_ADMIN(
            "nodes, ports, port profiles, routers, switches, service attachments, traces and captures, whose packets it reads",
            Sets.ALL,
            EnumSet.of(
                    Kind.NODE,
                    Kind.PORT,
                    Kind.PORT_PROFILE,
                    Kind.LOGICAL_ROUTER,
                    Kind.LOGICAL_SWITCH,
                    Kind.SERVICE_ATTACHMENT,
                    Kind.TRACEFLOW,
                    Kind.CAPTURE),
            Sets.NONE,
            EnumSet.of(Permission.METRICS)),

    /** Decides what is inspected, by what. */
    SECURITY_ADMIN(
            "services, their templates and profiles, instances, deployments, service managers, chains, policies and traces",
            Sets.NO_NODES,
            EnumSet.of(
                    Kind.SERVICE,
                    Kind.SERVICE_INSTANCE,
                    Kind.SERVICE_DEPLOYMENT,
                    Kind.SERVICE_MANAGER,
                    Kind.VENDOR_TEMPLATE,
                    Kind.SERVICE_PROFILE,
                    Kind.SERVICE_CHAIN,
                    Kind.SERVICE_POLICY,
                    Kind.TRACEFLOW),
            Sets.NONE,
            Sets.NOTHING),

    /** Brings services and their instances. */
    VENDOR(
            "services, their templates and profiles, instances, deployments and service managers, and what is known of them",
            EnumSet.of(
                    Kind.SERVICE,
                    Kind.SERVICE_INSTANCE,
                    Kind.SERVICE_DEPLOYMENT,
                    Kind.SERVICE_MANAGER,
                    Kind.VENDOR_TEMPLATE,
                    Kind.SERVICE_PROFILE,
                    Kind.SERVICE_ATTACHMENT,
                    Kind.SERVICE_CHAIN,
                    Kind.SERVICE_PATH,
                    Kind.SERVICE_INSTANCE_RUNTIME),
            Sets.OF_VENDORS,
            Sets.OF_VENDORS,
            Sets.NOTHING),

    /** A program on the nodes that does what the objects say. */
    AGENT("reading all objects, saying what is known of them", Sets.ALL, Sets.NONE, Sets.WRITTEN, Sets.NOTHING),

    /** Looks at everything that was done. */
    AUDITOR(
            "reading objects and the record of changes",
            Sets.NO_NODES,
            Sets.NONE,
            Sets.NONE,
            EnumSet.of(Permission.AUDIT, Permission.METRICS)),

    /** Looks. */
    READ_ONLY("reading objects", Sets.NO_NODES, Sets.NONE, Sets.NONE, EnumSet.of(Permission.METRICS)),

    /** A program that collects figures: it sees no object, whoever takes its token. */
    MONITOR("metrics of managers", Sets.NONE, Sets.NONE, Sets.NONE, EnumSet.of(Permission.METRICS));

    /** What is done with the manager, not with an object; given for all tenants only. */
    public enum Permission {
        /** Users, tenants and tokens of others. */
        ACCESS,

        /** Which hosts are which nodes. */
        ENROLMENT,

        /** Backups, which hold everything. */
        BACKUP,

        /** The record of changes, which is of all tenants. */
        AUDIT,

        /** Figures of the manager, which name the nodes of all tenants. */
        METRICS
    }

    /** Sets that several roles have. */
    private static final class Sets {
        static final Set<Kind> ALL = EnumSet.allOf(Kind.class);
        /** Nobody writes what the manager makes. */
        static final Set<Kind> WRITTEN = EnumSet.copyOf(Kind.written());

        static final Set<Kind> NONE = EnumSet.noneOf(Kind.class);

        /** Nodes hold the keys with which they sign. */
        static final Set<Kind> NO_NODES = EnumSet.complementOf(EnumSet.of(Kind.NODE));

        static final Set<Kind> OF_VENDORS = EnumSet.of(
                Kind.SERVICE,
                Kind.SERVICE_INSTANCE,
                Kind.SERVICE_DEPLOYMENT,
                Kind.SERVICE_MANAGER,
                Kind.VENDOR_TEMPLATE,
                Kind.SERVICE_PROFILE);

        static final Set<Permission> NOTHING = EnumSet.noneOf(Permission.class);
    }

    /** What a tenant's own people may change. The other kinds take hold of interfaces of hosts, which are nobody's own. */
    private static final Set<Kind> OF_TENANTS = EnumSet.of(
            Kind.PORT_PROFILE,
            Kind.LOGICAL_SWITCH,
            Kind.SERVICE,
            Kind.VENDOR_TEMPLATE,
            Kind.SERVICE_PROFILE,
            Kind.SERVICE_CHAIN,
            Kind.SERVICE_POLICY);

    private final String allows;

    // Sets that nobody changes: each is made in this file and given to nobody.
    @SuppressWarnings("ImmutableEnumChecker")
    private final Set<Kind> reads;

    @SuppressWarnings("ImmutableEnumChecker")
    private final Set<Kind> writes;

    @SuppressWarnings("ImmutableEnumChecker")
    private final Set<Kind> tells;

    @SuppressWarnings("ImmutableEnumChecker")
    private final Set<Permission> permissions;

    Role(String allows, Set<Kind> reads, Set<Kind> writes, Set<Kind> tells, Set<Permission> permissions) {
        this.allows = allows;
        this.reads = reads;
        this.writes = writes;
        this.tells = tells;
        this.permissions = permissions;
    }

    /** As users write it: {@code network-admin}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What it allows, in words. */
    public String allows() {
        return allows;
    }

    /** The role of a word. */
    public static Optional<Role> of(String word) {
        return Arrays.stream(values()).filter(role -> role.word().equals(word)).findFirst();
    }

    /** All words. */
    public static List<String> words() {
        return Arrays.stream(values()).map(Role::word).toList();
    }

    /** Whether it can be given for one tenant. */
    public boolean ofTenants() {
        return this == NETWORK_ADMIN || this == SECURITY_ADMIN || this == READ_ONLY;
    }

    boolean may(Permission permission) {
        return permissions.contains(permission);
    }

    /** In all tenants. */
    boolean may(Verb verb, Kind kind) {
        return switch (verb) {
            case READ -> reads.contains(kind);
            case WRITE -> writes.contains(kind);
            case STATUS -> tells.contains(kind);
            // Who may not capture may not look at what others have captured.
            case CONTENTS -> kind == Kind.CAPTURE && writes.contains(kind);
        };
    }

    /** With objects of the one tenant that it is given for. */
    boolean mayInTenant(Verb verb, Kind kind) {
        return may(verb, kind)
                && kind != Kind.NODE
                && switch (verb) {
                    // Of what was captured for a tenant all packets are its own.
                    case READ, CONTENTS -> true;
                    case WRITE, STATUS -> OF_TENANTS.contains(kind);
                };
    }

    /** With objects that all tenants share, for somebody who has it in one. */
    boolean mayShared(Verb verb, Kind kind) {
        // A trace tells of all that is on its way, and a capture of who talks to whom, whoever it belongs to; what
        // serves several tenants names the planes of all.
        return verb == Verb.READ
                && kind != Kind.TRACEFLOW
                && kind != Kind.CAPTURE
                && kind != Kind.SERVICE_INSTANCE_RUNTIME
                && mayInTenant(verb, kind);
    }
}
