package dev.sluice.model;

import dev.sluice.model.NodeMark.Side;
import dev.sluice.model.PortProfile.Discover;
import dev.sluice.model.PortProfile.Spec;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads {@link PortProfile}. */
final class PortProfileReader {
    private static final int PATTERNS_MAX = 1024;
    private static final ValueType<String> INTERFACE_PATTERN = Types.checked(
            "name of a Linux interface, in which * stands for any characters, such as tap*",
            "is no name that an interface can have",
            Types.INTERFACE.schema(),
            text -> Checks.isInterfaceName(text) ? Optional.of(text) : Optional.empty());
    private static final ValueType<String> MAC_PATTERN = Types.checked(
            "MAC address, in which * stands for any characters, such as 02:1a:*",
            "is no MAC address or beginning of one",
            JsonSchema.text("[0-9A-Fa-f:*]{1,17}"),
            PortProfileReader::macPattern);

    private static final Field<Optional<String>> CHAIN = Field.optional(
            "chain",
            Types.reference(Kind.SERVICE_CHAIN),
            "The chain that all traffic of the port passes. Exactly one of chain and serviceNode.");
    private static final Field<Direction> DIRECTION = Field.defaulted(
            "direction", Types.word(Direction.class), Direction.BOTH, "Which packets of the port are intercepted.");
    private static final Field<Optional<FailureAction>> ON_FAILURE = Field.optional(
            "onFailure",
            Types.word(FailureAction.class),
            "What happens to packets that can't be served, instead of what chain and hops say.");
    private static final Field<Optional<String>> SERVICE_NODE = Field.optional(
            "serviceNode",
            Types.text(253),
            "Interfaces with this profile lead to the service node that calls itself so: the ServiceInstance whose identifier this is.");
    private static final Field<Optional<Side>> SIDE = Field.optional(
            "side",
            Types.word(Side.class),
            "serviceNode: which side of the node the interface is; without it both, for nodes with one interface.");
    private static final Field<Optional<String>> SWITCH = Field.optional(
            "switch", Types.reference(Kind.LOGICAL_SWITCH), "The L2 segment that discovered ports are ports of.");

    private static final Field<List<String>> INTERFACES =
            Field.defaulted("interfaces", patterns(INTERFACE_PATTERN), List.of(), "any", "Names; one has to fit.");
    private static final Field<List<String>> MACS =
            Field.defaulted("macs", patterns(MAC_PATTERN), List.of(), "any", "MAC addresses; one has to fit.");
    private static final Field<List<String>> ALIASES = Field.defaulted(
            "aliases",
            patterns(Types.text(255)),
            List.of(),
            "any",
            "What is written on the interface (ip link set NAME alias TEXT); one has to fit. * stands for any characters.");
    private static final Field<List<String>> NODES =
            Field.defaulted("nodes", patterns(Types.NAME), List.of(), "any", "Hosts that have the interfaces.");
    private static final Field<Optional<Discover>> DISCOVER = Field.optional(
            "discover",
            ObjectType.of(PortProfileReader::discover, INTERFACES, MACS, ALIASES, NODES),
            "With a manager: interfaces that get this profile by themselves, for as long as they are there. Those that carry the default route or a login never do.");

    static final ObjectType<Spec> SPEC =
            ObjectType.of(PortProfileReader::spec, CHAIN, DIRECTION, ON_FAILURE, SERVICE_NODE, SIDE, SWITCH, DISCOVER);

    private PortProfileReader() {}

    private static <T> ValueType<List<T>> patterns(ValueType<T> item) {
        return Lists.orOne(item, 1, PATTERNS_MAX);
    }

    private static Optional<String> macPattern(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        return lower.matches("[0-9a-f:*]{1,17}") ? Optional.of(lower) : Optional.empty();
    }

    private static @Nullable Discover discover(Values v) {
        InterfaceSelector selector = new InterfaceSelector(v.get(INTERFACES), v.get(MACS), v.get(ALIASES));
        if (selector.interfaces().isEmpty()
                && selector.macs().isEmpty()
                && selector.aliases().isEmpty()) {
            return v.refuse("", "does not say which interfaces", "interfaces, macs or aliases");
        }
        return new Discover(selector, v.get(NODES));
    }

    private static @Nullable Spec spec(Values v) {
        Optional<String> chain = v.get(CHAIN);
        Optional<String> node = v.get(SERVICE_NODE);
        Optional<String> segment = v.get(SWITCH);
        if (chain.isPresent() == node.isPresent()) {
            String message = chain.isPresent()
                    ? "says both what workloads get and what service node it is"
                    : "has neither chain nor serviceNode";
            return v.refuse("", message, "exactly one of chain and serviceNode");
        }
        if (node.isPresent() && v.get(DISCOVER).isEmpty()) {
            return v.refuse("serviceNode", "stands without discover, so no interface leads to it", "discover");
        }
        if (node.isEmpty() && v.get(SIDE).isPresent()) {
            return v.refuse("side", "stands without serviceNode", "serviceNode");
        }
        if (segment.isPresent() && (node.isPresent() || v.get(DISCOVER).isEmpty())) {
            return v.refuse("switch", "is for ports that are discovered for a chain", "chain and discover");
        }
        return new Spec(
                chain,
                v.get(DIRECTION),
                v.get(ON_FAILURE),
                node.map(name -> new NodeMark(name, v.get(SIDE).orElse(Side.BOTH))),
                segment,
                v.get(DISCOVER));
    }
}
