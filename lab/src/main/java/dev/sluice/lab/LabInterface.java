package dev.sluice.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A network interface in a namespace.
 *
 * @param namespace where it is
 * @param name its name there
 */
public record LabInterface(Namespace namespace, String name) {
    /** IFNAMSIZ of the kernel is 16 with the closing zero. */
    private static final Pattern NAME = Pattern.compile("[^\\s/:]{1,15}");

    private static final Pattern MAC = Pattern.compile("link/ether ([0-9a-f:]{17})");
    private static final List<String> OFFLOADS = List.of("rx", "tx", "sg", "tso", "gso", "gro", "rxvlan", "txvlan");

    static void checkName(String name) {
        if (!NAME.matcher(name).matches() || name.equals(".") || name.equals("..")) {
            throw new LabException(
                    "interface name '" + name + "' is not allowed: use 1 to 15 characters without '/', ':' and spaces");
        }
    }

    /** Adds an address with prefix length, for example {@code 10.0.0.1/24} or {@code fd00::1/64}; usable at once. */
    public LabInterface address(String prefix) {
        if (prefix.indexOf(':') >= 0) {
            namespace.configure("-6", "address", "add", prefix, "dev", name, "nodad");
        } else {
            namespace.configure("address", "add", prefix, "dev", name);
        }
        return this;
    }

    /** Sets the MAC address. */
    public LabInterface mac(String mac) {
        return set("address", mac);
    }

    /** The MAC address. */
    public String mac() {
        String text = namespace.configure("link", "show", "dev", name);
        Matcher matcher = MAC.matcher(text);
        if (!matcher.find()) {
            throw new LabException("interface " + this + " has no MAC address: " + text);
        }
        return matcher.group(1);
    }

    /** Sets the MTU. */
    public LabInterface mtu(int mtuBytes) {
        return set("mtu", Integer.toString(mtuBytes));
    }

    /** Takes it up. */
    public LabInterface up() {
        return set("up");
    }

    /** Takes it down; the other end of a wire loses its carrier. */
    public LabInterface down() {
        return set("down");
    }

    /** Removes it (and with it the other end of its wire). */
    public void delete() {
        namespace.configure("link", "delete", name);
    }

    /** Turns checksum, segmentation and VLAN offloads on or off (needs ethtool). */
    public LabInterface offloads(boolean on) {
        List<String> command = new ArrayList<>(List.of(Tool.ETHTOOL.path(), "-K", name));
        for (String offload : OFFLOADS) {
            command.add(offload);
            command.add(on ? "on" : "off");
        }
        namespace.exec(command);
        return this;
    }

    /** Keeps the kernel from sending anything of its own (ND, MLD) on it: for interfaces of service nodes that are no hosts. */
    public LabInterface quiet() {
        namespace.exec(Tool.SYSCTL.path(), "-q", "-w", "net/ipv6/conf/" + name + "/disable_ipv6=1");
        return this;
    }

    private LabInterface set(String... arguments) {
        String[] command = new String[arguments.length + 4];
        command[0] = "link";
        command[1] = "set";
        command[2] = "dev";
        command[3] = name;
        System.arraycopy(arguments, 0, command, 4, arguments.length);
        namespace.configure(command);
        return this;
    }

    @Override
    public String toString() {
        return namespace.name() + "/" + name;
    }
}
