package dev.sluice.model;

/** The kinds of objects of this version. */
public enum Kind implements Word {
    /** {@link Node}. */
    NODE("Node"),

    /** {@link Port}. */
    PORT("Port"),

    /** {@link PortProfile}. */
    PORT_PROFILE("PortProfile"),

    /** {@link LogicalRouter}. */
    LOGICAL_ROUTER("LogicalRouter"),

    /** {@link LogicalSwitch}. */
    LOGICAL_SWITCH("LogicalSwitch"),

    /** {@link Service}. */
    SERVICE("Service"),

    /** {@link ServiceInstance}. */
    SERVICE_INSTANCE("ServiceInstance"),

    /** {@link ServiceChain}. */
    SERVICE_CHAIN("ServiceChain"),

    /** {@link ServicePolicy}. */
    SERVICE_POLICY("ServicePolicy");

    private final String word;

    Kind(String word) {
        this.word = word;
    }

    @Override
    public String word() {
        return word;
    }
}
