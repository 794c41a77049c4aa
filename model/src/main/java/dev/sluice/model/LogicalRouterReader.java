package dev.sluice.model;

import dev.sluice.model.LogicalRouter.Attachment;
import dev.sluice.model.LogicalRouter.Blackhole;
import dev.sluice.model.LogicalRouter.Route;
import dev.sluice.model.LogicalRouter.RouterInterface;
import dev.sluice.model.LogicalRouter.Spec;
import dev.sluice.model.LogicalRouter.ToPort;
import dev.sluice.model.LogicalRouter.ToRouter;
import dev.sluice.model.LogicalRouter.ToSwitch;
import dev.sluice.model.LogicalRouter.Via;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import dev.sluice.wire.MacAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads {@link LogicalRouter}. */
final class LogicalRouterReader {
    private static final Field<Optional<String>> NODE =
            Field.optional("node", Types.NAME, "Host of the router; without it, any host.");

    private static final Field<Optional<String>> NAME = Field.optional(
            "name", Types.NAME, "Unique in the router; by default the name of the port or switch. Required with link.");
    private static final Field<Optional<String>> PORT = Field.optional(
            "port",
            Types.reference(Kind.PORT),
            "The port that this interface uses. Exactly one of port, switch and link.");
    private static final Field<Optional<String>> SWITCH = Field.optional(
            "switch",
            Types.reference(Kind.LOGICAL_SWITCH),
            "The segment that this interface is in, on each host that has the router.");
    private static final Field<Optional<ToRouter>> LINK = Field.optional(
            "link",
            Types.checked(
                    "otherRouter/itsInterfaceName",
                    "is not the interface of a router",
                    JsonSchema.text(Checks.NAME_PATTERN + "/" + Checks.NAME_PATTERN),
                    LogicalRouterReader::link),
            "The interface of another router on the same host, which links back.");
    private static final Field<List<InterfaceAddress>> ADDRESSES = Field.defaulted(
            "addresses",
            Lists.of(Types.INTERFACE_ADDRESS, 0, 64),
            List.of(),
            "[]",
            "Own addresses; their blocks are connected.");
    private static final Field<Optional<MacAddress>> MAC =
            Field.optional("mac", Types.MAC, "Own MAC address instead of the port's.");
    private static final ObjectType<RouterInterface> INTERFACE =
            ObjectType.of(LogicalRouterReader::routerInterface, NAME, PORT, SWITCH, LINK, ADDRESSES, MAC);

    private static final Field<IpPrefix> PREFIX = Field.required("prefix", Types.PREFIX, "Destinations.");
    private static final Field<Optional<List<IpAddress>>> VIA = Field.optional(
            "via",
            Lists.of(Types.HOST_ADDRESS, 1, 16),
            "Next hops in connected blocks; flows are spread over several (ECMP). Exactly one of via and blackhole.");
    private static final Field<Boolean> BLACKHOLE =
            Field.defaulted("blackhole", Types.BOOLEAN, false, "false", "true: packets are dropped and counted.");
    private static final ObjectType<Route> ROUTE = ObjectType.of(LogicalRouterReader::route, PREFIX, VIA, BLACKHOLE);

    private static final Field<List<RouterInterface>> INTERFACES =
            Field.required("interfaces", Lists.of(INTERFACE, 1, 4096), "What the router is connected to.");
    private static final Field<List<Route>> ROUTES = Field.defaulted(
            "routes", Lists.of(ROUTE, 0, 1_000_000), List.of(), "[]", "Static routes; a prefix occurs once.");

    static final ObjectType<Spec> SPEC =
            ObjectType.of(v -> new Spec(v.get(NODE), v.get(INTERFACES), v.get(ROUTES)), NODE, INTERFACES, ROUTES);

    private LogicalRouterReader() {}

    private static Optional<ToRouter> link(String text) {
        int slash = text.indexOf('/');
        if (slash < 0 || !Checks.isName(text.substring(0, slash)) || !Checks.isName(text.substring(slash + 1))) {
            return Optional.empty();
        }
        return Optional.of(new ToRouter(text.substring(0, slash), text.substring(slash + 1)));
    }

    private static @Nullable RouterInterface routerInterface(Values v) {
        Optional<String> port = v.get(PORT);
        Optional<String> segment = v.get(SWITCH);
        Optional<ToRouter> link = v.get(LINK);
        long given = Stream.of(port, segment, link).filter(Optional::isPresent).count();
        if (given != 1) {
            String message =
                    given == 0 ? "has neither port nor switch nor link" : "has more than one of port, switch, link";
            return v.refuse("", message, "exactly one of port, switch, link");
        }
        Optional<String> name = v.get(NAME).or(() -> port).or(() -> segment);
        if (name.isEmpty()) {
            return v.refuse("name", "is missing; an interface with a link needs one", Types.NAME.allowed());
        }
        Attachment attachment = link.<Attachment>map(to -> to)
                .or(() -> segment.map(ToSwitch::new))
                .orElseGet(() -> new ToPort(port.orElseThrow()));
        return new RouterInterface(name.get(), attachment, v.get(ADDRESSES), v.get(MAC));
    }

    private static @Nullable Route route(Values v) {
        IpPrefix prefix = v.get(PREFIX);
        Optional<List<IpAddress>> via = v.get(VIA);
        if (via.isPresent() == v.get(BLACKHOLE)) {
            String message = via.isPresent() ? "has both via and blackhole" : "has neither via nor blackhole";
            return v.refuse("", message, "exactly one of via: [address, ...], blackhole: true");
        }
        if (via.isEmpty()) {
            return new Route(prefix, new Blackhole());
        }
        List<IpAddress> hops = via.get();
        boolean sound = true;
        for (int i = 0; i < hops.size(); i++) {
            if (hops.get(i).isIpv4() != prefix.address().isIpv4()) {
                v.refuse(
                        "via[" + i + "]", "is of another IP version than the prefix " + prefix, "the prefix's version");
                sound = false;
            } else if (hops.indexOf(hops.get(i)) < i) {
                v.refuse("via[" + i + "]", "duplicate next hop", "each next hop once");
                sound = false;
            }
        }
        return sound ? new Route(prefix, new Via(hops)) : null;
    }
}
