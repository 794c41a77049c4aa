package dev.sluice.ports;

import dev.sluice.datapath.packet.PacketPort;

/** A port that itself holds its interface: also one that was moved to another network namespace, and seems to vanish, is the port's until it is deleted. */
interface InterfaceHolder extends PacketPort {
    /** Whether the interface has not been deleted. */
    boolean holdsInterface();
}
