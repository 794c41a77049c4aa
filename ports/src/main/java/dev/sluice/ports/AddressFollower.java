package dev.sluice.ports;

import dev.sluice.datapath.packet.PacketPort;

/** A port that does something else where the host has addresses at its interface, which may come and go. */
public interface AddressFollower extends PacketPort {
    /** They may be others than when this was last looked at. */
    void onAddresses();
}
