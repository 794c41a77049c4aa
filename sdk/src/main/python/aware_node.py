#!/usr/bin/env python3
"""A service node that needs no library (docs/reference/aware-nodes.md): drops flows with a signature, hands back those that had none for long enough.
Usage: aware_node.py OWN-ADDRESS PORT SWITCH-ADDRESS SWITCH-PORT SIGNATURE CLEAR-AFTER-BYTES"""
import socket, struct, sys

TENANT, INGRESS_NODE, FLOW_ID, SLUICE = 0x000005, 0x000006, 0x000008, 0xFFF601
NONE, DROP, ACCEPT, REVERSE, ALL, BOTH, COPY = 0, 1, 2, 0x80, 0x20, 0x10, 0x08


def headers(p):
    """Where NSH begins, where the frame begins, and where each value of the metadata lies; None if the packet is not to be served."""
    if len(p) < 16 or p[0] >> 6 or p[1] & 0xC0 or p[2:4] != b"\x89\x4f":  # version, control, critical options, not NSH
        return None
    nsh = 8 + (p[0] & 0x3F) * 4
    if len(p) < nsh + 8:
        return None
    first, end = p[nsh] << 8 | p[nsh + 1], nsh + (p[nsh + 1] & 0x3F) * 4
    if first & 0xE000 or not first & 0x0FC0 or p[nsh + 2] & 15 != 2 or p[nsh + 3] != 3:  # version, O, TTL; types
        return None
    if p[nsh + 7] == 0 or end < nsh + 8 or end + 14 > len(p):  # service index, lengths
        return None
    at, values = nsh + 8, {}
    while at < end:
        kind, length = struct.unpack_from("!I", p, at)[0] >> 8, p[at + 3] & 0x7F
        values.setdefault(kind, p[at + 4:at + 4 + length] if kind != SLUICE else at + 4)
        at += 4 + (length + 3 & ~3)
    return (nsh, end, values) if at == end and SLUICE in values and FLOW_ID in values else None


def data(frame):
    """What TCP or UDP carries, None if that cannot be said (tags, options of IPv6 and fragments are left out, to keep this short)."""
    if frame[12:14] == b"\x08\x00" and len(frame) >= 34 and not frame[20] & 0x3F and not frame[21]:
        protocol, at, end = frame[23], 14 + (frame[14] & 15) * 4, 14 + struct.unpack_from("!H", frame, 16)[0]
    elif frame[12:14] == b"\x86\xdd" and len(frame) >= 54:
        protocol, at, end = frame[20], 54, 54 + struct.unpack_from("!H", frame, 18)[0]
    else:
        return None
    if protocol not in (6, 17) or end > len(frame) or at + (20 if protocol == 6 else 8) > end:
        return None
    at += 8 if protocol == 17 else (frame[at + 12] >> 4) * 4
    return bytes(frame[at:end]) if at <= end else None


def answer(p, nsh, sluice, action):
    """The packet with one less in the index and what there is to say; without payload if it ends here."""
    p[nsh + 7] -= 1
    p[sluice + 1] = p[sluice + 1] & ~(ALL | BOTH) | (ALL | BOTH if action else 0)
    struct.pack_into("!I", p, sluice + 8, action << 24)
    if action == DROP:
        p[nsh] |= 0x20
        p[nsh + 3] = 0
    return p


def main(own, port, switch, switch_port, signature, clear_after):
    family = socket.AF_INET6 if ":" in own else socket.AF_INET
    node, signature, flows = socket.socket(family, socket.SOCK_DGRAM), signature.encode(), {}
    node.bind((own, int(port)))
    print("ready on", node.getsockname()[1], flush=True)
    while True:
        p, sender = node.recvfrom(65536)
        found = headers(p := bytearray(p)) if sender[0] == switch else None
        if not found:
            continue
        nsh, end, values = found
        text = data(p[end:])
        if text is None:
            continue  # what cannot be searched is dropped
        # The flow in the words of the switch where it came in; the last bytes of each direction are searched again with those that follow.
        flow = flows.setdefault(tuple(bytes(values.get(k, b"")) for k in (TENANT, INGRESS_NODE, FLOW_ID)), {"bytes": 0, "bad": False})
        if len(flows) > 100_000:
            flows.pop(next(iter(flows)))
        way = p[values[SLUICE] + 1] & REVERSE
        flow["bad"] |= signature in flow.get(way, b"") + text
        flow[way] = (flow.get(way, b"") + text)[-len(signature) + 1:]
        flow["bytes"] += len(text)
        action = DROP if flow["bad"] else ACCEPT if flow["bytes"] >= int(clear_after) else NONE
        if action == DROP or not p[values[SLUICE] + 1] & COPY:
            reply = answer(p, nsh, values[SLUICE], action)
            node.sendto(reply[:end] if action == DROP else reply, (switch, int(switch_port)))


if __name__ == "__main__":
    if len(sys.argv) != 7:
        sys.exit(__doc__)
    main(*sys.argv[1:])
