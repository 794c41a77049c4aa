package dev.sluice.lab.demo;

/** The network, for people. */
final class Picture {
    private Picture() {}

    /** The picture; the second node is described in at most 34 characters. */
    static String of(String secondNode) {
        return """

                nftables firewall     second node, looks into payloads
                (Linux bridge)        (%s)
                    |      |             |      |
                   in     out           in     out
                    |      |             |      |
                +---+------+-------------+------+---+
  client -------+               Sluice              +------- server
  %s     +-----------------------------------+     %s
                  nobody else knows that it is there

""".formatted(secondNode, Scene.CLIENT, Scene.SERVER);
    }
}
