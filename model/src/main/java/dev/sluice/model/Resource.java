package dev.sluice.model;

/** An object that users write: a kind, metadata and a specification. */
public sealed interface Resource
        permits Node,
                Port,
                PortProfile,
                LogicalRouter,
                LogicalSwitch,
                Service,
                ServiceInstance,
                ServiceDeployment,
                ServiceManager,
                VendorTemplate,
                ServiceProfile,
                ServiceAttachment,
                ServiceChain,
                ServicePolicy,
                Traceflow,
                Capture {
    /** The API version of every object. */
    String API_VERSION = "sluice.dev/v1";

    /** The kind. */
    Kind kind();

    /** Name, labels and annotations. */
    Metadata metadata();

    /** The name, unique among the objects of this kind. */
    default String name() {
        return metadata().name();
    }

    /** Kind and name as problems show them: {@code Port/uplink0}. */
    default String title() {
        return kind().word() + "/" + name();
    }
}
