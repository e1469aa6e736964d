using Google.Protobuf;
using Overlay.Core.Leases;
using Overlay.Etcd.Protocol;

namespace Overlay.Etcd;

/// <summary>A write as one etcd transaction: what must be true, and what is done then. It answers in every case with what stood under the key.</summary>
internal static class EtcdTransaction
{
    public static TxnRequest Of(StoreWrite write, EtcdKeys keys, long lease)
    {
        var key = keys.OfLease(write.Key);
        var read = new RequestOp { RequestRange = new RangeRequest { Key = key } };
        var request = new TxnRequest
        {
            // A key that does not exist compares as one with zeros.
            Compare = { new Compare { Target = Compare.Types.CompareTarget.Mod, Result = Compare.Types.CompareResult.Equal, Key = key, ModRevision = write.ExpectedVersion } },
            Success = { read, Change(write, key, lease) },
            Failure = { read },
        };
        if (write.NoKeyCreatedAfter is { } after)
        {
            // Of every key in the range. Two nodes whose new subnets overlap write different keys; this makes the later one look again.
            request.Compare.Add(new Compare
            {
                Target = Compare.Types.CompareTarget.Create,
                Result = Compare.Types.CompareResult.Less,
                Key = keys.FirstLease,
                RangeEnd = keys.AfterLeases,
                CreateRevision = after + 1,
            });
        }

        return request;
    }

    private static RequestOp Change(StoreWrite write, ByteString key, long lease) => write.Value is { } value
        ? new RequestOp { RequestPut = new PutRequest { Key = key, Value = ByteString.CopyFrom(value), Lease = lease } }
        : new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = key } };
}
