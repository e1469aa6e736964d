using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Generic;

/// <summary>Writes and reads the messages of generic netlink: a command, then attributes.</summary>
public static class GenericMessages
{
    /// <summary>Begins a command to a family; dispose what is returned to end it.</summary>
    /// <param name="batch">Where the message goes.</param>
    /// <param name="family">Whom it is for.</param>
    /// <param name="command">The family's number for what is asked.</param>
    /// <param name="flags">The header's flags.</param>
    /// <param name="operation">What the message asks for: an error will carry these words.</param>
    public static NetlinkMessageWriter Begin(this NetlinkBatch batch, in GenericFamily family, byte command, NetlinkFlags flags, string operation)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Begin(family.Id, flags, operation, new genlmsghdr { cmd = command, version = family.Version });
    }

    /// <summary>Reads a message of the family; <see langword="false"/> for one of another.</summary>
    public static bool TryRead(this NetlinkMessage message, in GenericFamily family, out byte command, out NetlinkAttributeReader attributes)
    {
        command = 0;
        attributes = default;
        if (message.Type != family.Id || !message.TryRead<genlmsghdr>(out var header, out attributes))
        {
            return false;
        }

        command = header.cmd;
        return true;
    }

    /// <summary>Asks for a family by name. The kernel loads its module if it has one.</summary>
    internal static void GetFamily(this NetlinkBatch batch, string name)
    {
        using var message = batch.Begin(new GenericFamily("nlctrl", GENL_ID_CTRL, 1), CTRL_CMD_GETFAMILY, NetlinkFlags.None, $"find family {name}");
        message.Add(CTRL_ATTR_FAMILY_NAME, name);
    }

    /// <summary>Reads what the kernel says about a family.</summary>
    internal static bool TryReadFamily(NetlinkMessage message, out GenericFamily family)
    {
        var (name, id, version) = ("", (ushort)0, (byte)0);
        if (message.Type == GENL_ID_CTRL && message.TryRead<genlmsghdr>(out _, out var attributes))
        {
            foreach (var attribute in attributes)
            {
                switch (attribute.Type)
                {
                    case CTRL_ATTR_FAMILY_NAME:
                        name = attribute.AsText();
                        break;
                    case CTRL_ATTR_FAMILY_ID:
                        id = attribute.AsUInt16();
                        break;
                    case CTRL_ATTR_VERSION:
                        version = (byte)attribute.AsUInt32();
                        break;
                }
            }
        }

        family = new GenericFamily(name, id, version);
        // Numbers below that of the controller are netlink's own (NLMSG_MIN_TYPE).
        return id > GENL_ID_CTRL && name.Length > 0;
    }
}
