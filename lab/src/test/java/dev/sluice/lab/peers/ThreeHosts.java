package dev.sluice.lab.peers;

import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.InterfaceFacts;
import dev.sluice.agent.compile.PortBinding;
import dev.sluice.model.Configuration;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.LoadResult;
import dev.sluice.testkit.TestPacket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** What worlds of the hosts a, b and c on one underlay have in common: their objects, and packets that are known by an id in their payload. The client is behind eth1 of a, the server behind eth2. */
final class ThreeHosts {
    static final List<String> NAMES = List.of("a", "b", "c");
    static final int SERVER_PORT = 7;

    private static final String CLIENT = "10.1.0.1";
    private static final String SERVER = "10.1.0.2";
    private static final long CLIENT_MAC = 0x0200_0000_0a01L;
    private static final long SERVER_MAC = 0x0200_0000_0a02L;
    private static final int UNDERLAY_MTU = 1700;
    private static final byte[] MARK = {'i', 'd', '='};

    private ThreeHosts() {}

    static String object(String kind, String name, String spec) {
        return "---\napiVersion: sluice.dev/v1\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec: " + spec
                + "\n";
    }

    /**
     * The hosts, a pair of ports at the first, and a policy by which all between them passes the chain inspect.
     *
     * @param underlay more of the nodes' underlay
     * @param others the other objects, the chain among them
     */
    static Configuration objects(String underlay, String others) {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= NAMES.size(); i++) {
            String name = NAMES.get(i - 1);
            String address = "10.0.0." + i;
            text.append(object("Node", name, "{underlay: {address: " + address + underlay + "}}"))
                    .append(object("Port", "up-" + name, "{node: " + name + ", interface: eth0}"))
                    .append(object(
                            "LogicalRouter",
                            "underlay-" + name,
                            "{node: " + name + ", interfaces: [{port: up-" + name + ", addresses: [" + address
                                    + "/24]}]}"));
        }
        text.append(object("Port", "left", "{node: a, interface: eth1, peer: right}"))
                .append(object("Port", "right", "{node: a, interface: eth2}"))
                .append(others)
                .append(object(
                        "ServicePolicy",
                        "web",
                        "{appliedTo: [a/left], rules: [{name: all, match: {}, action: {chain: inspect}}]}"));
        LoadResult result = ConfigurationLoader.parse("test.yaml", text.toString());
        return result.configuration().orElseThrow(() -> new AssertionError(result.problems()));
    }

    /** Of an interface of a host. */
    static InterfaceFacts facts(String host, String interfaceName) {
        return new InterfaceFacts(0x0200_0000_0000L | ((host + interfaceName).hashCode() & 0xffff_ffffL), UNDERLAY_MTU);
    }

    /** Index of the port at an interface. */
    static int port(CompiledNode node, String interfaceName) {
        return node.bindings().stream()
                .filter(binding -> binding.interfaceName().equals(interfaceName))
                .mapToInt(PortBinding::index)
                .findFirst()
                .orElseThrow();
    }

    /** A frame of the client. */
    static byte[] request(int sourcePort, int id) {
        return TestPacket.udp(CLIENT + ":" + sourcePort, SERVER + ":" + SERVER_PORT)
                .ethernet(CLIENT_MAC, SERVER_MAC)
                .payload(payload(id))
                .bytes();
    }

    /** What the server says to that. */
    static byte[] answer(int clientPort, int id) {
        return TestPacket.udp(SERVER + ":" + SERVER_PORT, CLIENT + ":" + clientPort)
                .ethernet(SERVER_MAC, CLIENT_MAC)
                .payload(payload(id))
                .bytes();
    }

    private static byte[] payload(int id) {
        return ByteBuffer.allocate(MARK.length + Integer.BYTES)
                .put(MARK)
                .putInt(id)
                .array();
    }

    /** The id in a frame, 0 if there is none. */
    static int id(byte[] frame) {
        for (int at = frame.length - MARK.length - Integer.BYTES; at >= 0; at--) {
            if (Arrays.equals(frame, at, at + MARK.length, MARK, 0, MARK.length)) {
                return ByteBuffer.wrap(frame, at + MARK.length, Integer.BYTES).getInt();
            }
        }
        return 0;
    }
}
