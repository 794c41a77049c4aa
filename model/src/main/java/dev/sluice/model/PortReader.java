package dev.sluice.model;

import dev.sluice.model.Port.Classify;
import dev.sluice.model.Port.Spec;
import dev.sluice.model.Port.XdpMode;
import dev.sluice.model.Port.ZeroCopy;
import dev.sluice.wire.MacAddress;
import java.util.Optional;

/** Reads {@link Port}. */
final class PortReader {
    private static final Field<Optional<String>> NODE =
            Field.optional("node", Types.NAME, "Host that has the interface; without it, any host.");
    private static final Field<String> INTERFACE =
            Field.required("interface", Types.INTERFACE, "The network interface.");
    private static final Field<Optional<String>> PROFILE = Field.optional(
            "profile", Types.reference(Kind.PORT_PROFILE), "The service that this port gets without a rule.");
    private static final Field<Optional<String>> PEER = Field.optional(
            "peer",
            Types.reference(Kind.PORT),
            "Transparent mode: Sluice sits between this port and that one. One of the two may name the other, or both.");
    private static final Field<PortDriver> DRIVER = Field.defaulted(
            "driver", Types.word(PortDriver.class), PortDriver.AUTO, "How frames are received and sent.");
    private static final Field<XdpMode> XDP_MODE = Field.defaulted(
            "xdpMode", Types.word(XdpMode.class), XdpMode.AUTO, "Where the XDP program is attached, for af_xdp.");
    private static final Field<ZeroCopy> ZERO_COPY = Field.defaulted(
            "zeroCopy", Types.word(ZeroCopy.class), ZeroCopy.AUTO, "Whether af_xdp avoids copying frames.");
    private static final Field<Boolean> FROM_PORT =
            Field.defaulted("fromPort", Types.BOOLEAN, true, "true", "Packets coming in from the port are classified.");
    private static final Field<Boolean> TO_PORT =
            Field.defaulted("toPort", Types.BOOLEAN, true, "true", "Packets going out to the port are classified.");
    private static final Field<Classify> CLASSIFY = Field.defaulted(
            "classify",
            ObjectType.of(v -> new Classify(v.get(FROM_PORT), v.get(TO_PORT)), FROM_PORT, TO_PORT),
            Classify.DEFAULT,
            "",
            "Which packets rules are asked for.");
    private static final Field<Optional<MacAddress>> MAC =
            Field.optional("mac", Types.MAC, "Own MAC address instead of the interface's.");

    static final ObjectType<Spec> SPEC =
            ObjectType.of(PortReader::spec, NODE, INTERFACE, PROFILE, PEER, DRIVER, XDP_MODE, ZERO_COPY, CLASSIFY, MAC);

    private PortReader() {}

    private static Spec spec(Values v) {
        return new Spec(
                v.get(NODE),
                v.get(INTERFACE),
                v.get(PROFILE),
                v.get(PEER),
                v.get(DRIVER),
                v.get(XDP_MODE),
                v.get(ZERO_COPY),
                v.get(CLASSIFY),
                v.get(MAC));
    }
}
