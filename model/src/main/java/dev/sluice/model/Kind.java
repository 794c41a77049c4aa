package dev.sluice.model;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

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

    /** {@link ServiceDeployment}. */
    SERVICE_DEPLOYMENT("ServiceDeployment"),

    /** {@link ServiceManager}. */
    SERVICE_MANAGER("ServiceManager"),

    /** {@link VendorTemplate}. */
    VENDOR_TEMPLATE("VendorTemplate"),

    /** {@link ServiceProfile}. */
    SERVICE_PROFILE("ServiceProfile"),

    /** {@link ServiceAttachment}. */
    SERVICE_ATTACHMENT("ServiceAttachment"),

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

    /** The word of many objects of this kind, in small letters, as it stands in addresses of the manager: {@code servicepolicies}. */
    public String plural() {
        String singular = word.toLowerCase(Locale.ROOT);
        if (singular.endsWith("y")) {
            return singular.substring(0, singular.length() - 1) + "ies";
        }
        return singular + (singular.endsWith("ch") ? "es" : "s");
    }

    /** The kind of a word in singular or plural, whatever its letters: {@code ServiceChain}, {@code servicechains}. */
    public static Optional<Kind> named(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        return Arrays.stream(values())
                .filter(kind -> kind.plural().equals(lower)
                        || kind.word.toLowerCase(Locale.ROOT).equals(lower))
                .findFirst();
    }

    /** {@code "; did you mean 'X'?"} with the nearest of some words, or nothing. */
    public static String hint(String text, Collection<String> words) {
        return Spelling.hint(text, words);
    }

    /** The plurals, in the order of the kinds. */
    public static List<String> plurals() {
        return Arrays.stream(values()).map(Kind::plural).toList();
    }
}
