//! Bodies that do not come as they should: broken off, stalled, a byte a second.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame};

use super::clock::Until;
use super::fault::How;

pub(super) fn wrong(text: &str, how: How) -> SdkBody {
    SdkBody::from_body_1_x(Wrong { left: Bytes::copy_from_slice(text.as_bytes()), how, wait: None, begun: false })
}

struct Wrong {
    left: Bytes,
    how: How,
    wait: Option<Until>,
    begun: bool,
}

impl Body for Wrong {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let How::DrippingBody = self.how {
            if self.left.is_empty() {
                return Poll::Ready(None);
            }
            let wait = self.wait.get_or_insert_with(|| Until::after(Duration::from_secs(1)));
            if pin!(wait).poll(context).is_pending() {
                return Poll::Pending;
            }
            self.wait = None;
            return Poll::Ready(Some(Ok(Frame::data(self.left.split_to(1)))));
        }
        if !self.begun {
            self.begun = true;
            let half = self.left.len() / 2;
            return Poll::Ready(Some(Ok(Frame::data(self.left.split_to(half)))));
        }
        match self.how {
            How::StalledBody => Poll::Pending,
            _ => Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into()))),
        }
    }
}
