package dev.sluice.model;

import dev.sluice.model.ServiceAttachment.Layer;
import dev.sluice.model.ServiceAttachment.Spec;
import java.util.List;
import java.util.Optional;

/** Reads {@link ServiceAttachment}. */
final class ServiceAttachmentReader {
    private record Scope(List<String> nodes, List<String> routers) {}

    private static final ValueType<List<String>> NAMES = Lists.orOne(Types.NAME, 0, ServiceAttachment.SCOPE_MAX);
    private static final Field<List<String>> NODES = Field.defaulted(
            "nodes", NAMES, List.of(), "[]", "Hosts, with all their routers, pairs, segments and service instances.");
    private static final Field<List<String>> ROUTERS = Field.defaulted(
            "routers",
            NAMES,
            List.of(),
            "[]",
            "LogicalRouters; the service instances of their hosts are on the plane too.");

    private static final Field<Integer> SVNI = Field.required(
            "svni",
            Types.integer(1, ServiceChain.Spec.SVNI_MAX),
            "Number of the plane's virtual network (VNI) in the tunnels between hosts. No other attachment has it, and no chain that does not name this one.");
    private static final Field<Optional<Layer>> TYPE = Field.optional(
            "type",
            Types.word(Layer.class),
            "What services of chains on the plane do with frames: bridge (l2) or route (l3); those that get copies do as they like. Without it, either.");
    private static final Field<Scope> APPLIED_TO = Field.defaulted(
            "appliedTo",
            ObjectType.of(v -> new Scope(v.get(NODES), v.get(ROUTERS)), NODES, ROUTERS),
            new Scope(List.of(), List.of()),
            "everybody",
            "Who is on the plane. Chains on it pass only service instances of these hosts, and only rules there lead to them.");

    static final ObjectType<Spec> SPEC = ObjectType.of(
            v -> new Spec(
                    v.get(SVNI),
                    v.get(TYPE),
                    v.get(APPLIED_TO).nodes(),
                    v.get(APPLIED_TO).routers()),
            SVNI,
            TYPE,
            APPLIED_TO);

    private ServiceAttachmentReader() {}
}
