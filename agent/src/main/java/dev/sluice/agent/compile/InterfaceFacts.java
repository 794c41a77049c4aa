package dev.sluice.agent.compile;

/**
 * What the kernel says of a network interface, as far as compiling needs it.
 *
 * @param mac its MAC address, 48 bits
 * @param mtuBytes largest IP packet, 0 if unknown
 */
public record InterfaceFacts(long mac, int mtuBytes) {}
